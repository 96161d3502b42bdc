import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// Captures each request, applies the scripted faults, and passes the rest to the endpoints.
struct ProviderResponder: RequestResponder {
    /// What an endpoint does with a request.
    typealias Perform = @Sendable (Request, ScriptedFaults) async -> Answer

    private let context: ProviderContext
    private let connections: ConnectionControl
    private var router = Router()

    init(context: ProviderContext, connections: ConnectionControl) {
        self.context = context
        self.connections = connections
        on(.discovery, [.get], DiscoveryEndpoint(context: context).respond)
        on(.keySet, [.get], KeySetEndpoint(context: context).respond)
        on(.authorization, [.get, .post], AuthorizationEndpoint(context: context, flavour: .openIDConnect).respond)
        on(.signIn, [.post], SignInEndpoint(context: context).respond)
        on(.token, [.post], TokenEndpoint(context: context, flavour: .openIDConnect).respond)
        on(.userInfo, [.get, .post], UserInfoEndpoint(context: context, flavour: .openIDConnect).respond)
        on(.revocation, [.post], RevocationEndpoint(context: context).respond)
        on(.endSession, [.get, .post], EndSessionEndpoint(context: context).respond)
        on(.oauth2Authorization, [.get, .post], AuthorizationEndpoint(context: context, flavour: .oauth2).respond)
        on(.oauth2Token, [.post], TokenEndpoint(context: context, flavour: .oauth2).respond)
        on(.oauth2User, [.get, .post], UserInfoEndpoint(context: context, flavour: .oauth2).respond)
        for (endpoint, flavour) in [(EndpointName.refresh, ProtocolFlavour.openIDConnect), (.oauth2Refresh, .oauth2)]
        where flavour.behaviour(in: context.configuration).quirks.contains(.separateRefreshEndpoint) {
            on(endpoint, [.post], TokenEndpoint(context: context, flavour: flavour, isForRefreshes: true).respond)
        }
        if context.configuration.allowsRegistration {
            on(.registration, [.post], RegistrationEndpoint(context: context).respond)
        }
    }

    private mutating func on(
        _ endpoint: EndpointName,
        _ methods: [HTTPRequest.Method],
        _ perform: @escaping Perform
    ) {
        let context = context
        let connections = connections
        for method in methods {
            router.on(method, endpoint.path) { request in
                context.capture.append(CapturedRequest(request, endpoint: endpoint, time: context.now))
                let faults = context.script.next(for: endpoint)
                await connections.wait(for: faults)
                if let response = await connections.replacement(for: faults, on: endpoint) { return response }
                let response = await perform(request, faults).response(with: faults)
                for gate in faults.responseGates { await gate.pass() }
                if faults.dropsResponse { await connections.cut() }
                return response
            }
        }
    }

    func respond(to request: Request) async -> Response {
        await router.respond(to: request)
    }
}

extension ConnectionControl {
    /// Waits as long as the faults require.
    fileprivate func wait(for faults: ScriptedFaults) async {
        for fault in faults.faults {
            switch fault {
            case .hold(let gate): await gate.pass()
            case .delay(let duration): await wait(duration)
            default: continue
            }
        }
    }

    /// The answer that replaces the request's processing; `nil` if the request is to be performed.
    fileprivate func replacement(for faults: ScriptedFaults, on endpoint: EndpointName) async -> Response? {
        for fault in faults.faults {
            switch fault {
            case .status(let code, let fields, let body):
                var response = Response(status: HTTPResponse.Status(code: code), body: Array(body.utf8))
                for (name, value) in fields {
                    if let name = HTTPField.Name(name) { response.headerFields[name] = value }
                }
                return response
            case .oauthError(let code, let status) where !endpoint.isAuthorization:
                return ScriptedError(code: code, status: status).response(from: endpoint)
            case .malformedJSON:
                return Response.json(Array(#"{"access_token":"at_"#.utf8))
            case .hugeBody(let byteCount):
                let filling = String(repeating: "x", count: max(byteCount - 16, 0))
                return Response.json(Array(#"{"filling":"\#(filling)"}"#.utf8))
            case .closeConnection:
                await cut()
                return Response(status: .internalServerError, closesConnection: true)
            default: continue
            }
        }
        return nil
    }
}

/// An OAuth error that the script names.
private struct ScriptedError {
    let code: String
    let status: Int

    func response(from endpoint: EndpointName) -> Response {
        var response = Response.json(
            JSONObject([("error", .string(code)), ("error_description", "a scripted fault")]).serialized()
        )
        response.status = HTTPResponse.Status(code: status)
        if endpoint == .userInfo || endpoint == .oauth2User {
            response.headerFields[.wwwAuthenticate] = "Bearer error=\"\(code)\""
        }
        return response
    }
}

extension Response {
    /// A JSON text under status 200.
    fileprivate static func json(_ body: [UInt8]) -> Response {
        Response(
            status: .ok,
            headerFields: [.contentType: "application/json", .cacheControl: "no-store"],
            body: body
        )
    }
}
