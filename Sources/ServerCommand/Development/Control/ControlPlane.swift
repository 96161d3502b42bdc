import AuthorizationServer
import DevelopmentIdentityProvider
import Foundations
import GatehouseHosting
import HTTPTypes
import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import SocketHTTP

/// What the verbs of the control plane act on.
struct ControlGround: Sendable {
    let server: GatehouseServer
    let providers: DevelopmentProviders
    let clock: DevelopmentClock
    let transport: any OutboundTransport
    let adminToken: String
    /// The configuration that the server has, with what tests added.
    let settings: DevelopmentSettings
    /// What the server has answered.
    let requests: ServerRequestCapture
    /// What the server has recorded.
    let audit: DevelopmentAudit
    /// The requests that tests hold.
    let holds = HeldFaults()
    /// The further servers of this process; `nil` for one of them.
    let servers: DevelopmentServers?

    /// The embedded providers at present, each with the upstream that it is.
    var upstreams: [DevelopmentProviders.Entry] { providers.all }

    /// Removes the faults that have not occurred yet, and lets every held request continue.
    func clearFaults() {
        for (_, provider) in upstreams { provider.clearScript() }
        _ = holds.release(nil)
    }
}

/// The control plane of `gatehouse dev`: what a test in any language can do to the server and its providers.
///
/// It is on a listener of its own, on loopback, and only `dev` opens it: `serve` has no such routes. Every request
/// needs the token. Requests of web pages are refused, because a page in the developer's browser reaches loopback too.
struct ControlPlane: Sendable {
    /// The base URL.
    let url: String
    /// The bearer token.
    let token: String
    private let http: HTTPServer

    /// The path below which all verbs are.
    static let path = "/control"

    /// Opens the listener on a free port.
    static func start(_ ground: ControlGround, token: String, logger: Logger) async throws -> ControlPlane {
        let verbs = ControlVerb.all(ground)
        var settings = ServerConfiguration(listeners: [.init(address: SocketAddress(ip: .loopback, port: 0))])
        settings.commonFields = [.xContentTypeOptions: "nosniff"]
        settings.eventLoopCount = 1
        let http = try HTTPServer(
            configuration: settings,
            responder: responder(verbs, token: token),
            logger: logger
        )
        let addresses = try await http.start()
        guard let address = addresses.first else { throw HostError(description: "the control plane has no address") }
        return ControlPlane(url: "http://\(address)\(path)", token: token, http: http)
    }

    /// Closes it.
    func shutdown() async {
        await http.shutdown(gracePeriod: .zero)
    }

    static func responder(_ verbs: [ControlVerb], token: String) -> Router {
        var router = Router()
        let expected = SHA256.hash(token).bytes
        for verb in verbs {
            router.on(verb.method, verb.path) { request in
                do throws(ControlRefusal) {
                    try check(request, expected: expected)
                    let value = try await verb.perform(ControlRequest(request, members: verb.members))
                    return answer(200, value)
                } catch {
                    return answer(
                        error.status,
                        ["error": .string(error.code), "error_description": .string(error.description)]
                    )
                }
            }
        }
        return router
    }

    private static func check(_ request: Request, expected: [UInt8]) throws(ControlRefusal) {
        // DNS rebinding: a page's own name that points here is in `Host`.
        guard let host = request[.host], SocketAddress(host) != nil || host.hasPrefix("localhost:") else {
            throw ControlRefusal(421, "misdirected_request", "use the address that the ready line has")
        }
        guard request[.origin] == nil, [nil, "none"].contains(request[.secFetchSite]) else {
            throw ControlRefusal(403, "forbidden", "requests of web pages are not accepted here")
        }
        let values = request.values(of: .authorization)
        // The hashes have equal lengths, and comparing them reveals nothing about the token.
        guard values.count == 1, values[0].hasPrefix("Bearer "),
            constantTimeEqual(SHA256.hash(String(values[0].dropFirst(7))).bytes, expected)
        else { throw ControlRefusal(401, "unauthorized", "the control token is missing or wrong") }
    }

    private static func answer(_ status: Int, _ value: JSONObject) -> Response {
        var response = Response(
            status: HTTPResponse.Status(code: status),
            headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
            body: value.serialized()
        )
        if status == 401 { response.headerFields[.wwwAuthenticate] = "Bearer" }
        return response
    }
}

/// A request that the control plane does not perform.
struct ControlRefusal: Error {
    let status: Int
    let code: String
    let description: String

    init(_ status: Int, _ code: String, _ description: String) {
        self.status = status
        self.code = code
        self.description = description
    }

    /// A parameter is wrong.
    static func invalid(_ description: String) -> ControlRefusal { ControlRefusal(400, "invalid_request", description) }

    /// Nothing has this name.
    static func unknown(_ description: String) -> ControlRefusal { ControlRefusal(404, "not_found", description) }
}
