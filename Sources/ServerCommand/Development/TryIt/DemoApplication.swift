import AuthorizationServer
import HTTPTypes
import Logging
import OAuthProtocol
import ServerConfiguration
import SocketHTTP

/// What the demo acts on: the running server, and the resource that its client asks for.
struct DemoGround: Sendable {
    let control: ControlGround
    let resource: Configuration.Resource
    /// The address of the page, with a slash at its end.
    let url: String

    /// Where the demo MCP server is.
    static let resourcePath = "/mcp"

    /// Whether the resource is the demo's own MCP server, rather than one that the developer runs.
    var servesResource: Bool { resource.uri == url.dropLast() + Self.resourcePath }

    /// The credentials of the resource's server.
    var resourceServer: (id: String, secret: String) {
        (resource.clientID ?? "", resource.clientSecret?.value?.text ?? "")
    }

    var resourceURI: String { resource.uri }
    var scopes: [String] { resource.scopes.tokens }
    var issuer: String { control.server.configuration.issuer.text }

    /// The first upstream of the resource.
    var upstream: String { resource.upstreams.first ?? DevelopmentOptions.usualUpstream }
}

/// The page *Try it* of `gatehouse dev`: a client with its user's page, and an MCP server, at an address of their own.
///
/// It is on loopback, without scripts, and keeps one session, the developer's. What another site's page sends is
/// refused, because a page in the developer's browser reaches loopback too.
struct DemoApplication: Sendable {
    /// The address of the page.
    let url: String
    private let http: HTTPServer

    /// Reserves the wished port, or a free one if it is in use.
    ///
    /// - Throws: `SocketError` when there is no free port either.
    static func reserve(_ wished: SocketAddress) throws(SocketError) -> PortReservation {
        do throws(SocketError) {
            return try PortReservation(wished)
        } catch {
            guard wished.port != 0 else { throw error }
            return try PortReservation(SocketAddress(ip: wished.ip, port: 0))
        }
    }

    /// The page's address at a reserved port.
    static func url(at reservation: PortReservation) -> String { "http://\(reservation.address)/" }

    /// Opens the listener.
    static func start(
        _ ground: DemoGround,
        reservation: PortReservation,
        logger: Logger
    ) async throws -> DemoApplication {
        var settings = ServerConfiguration(
            listeners: [.init(address: reservation.address, reservation: reservation)]
        )
        settings.commonFields = [.xContentTypeOptions: "nosniff"]
        settings.eventLoopCount = 1
        let http = try HTTPServer(configuration: settings, responder: DemoRoutes(ground), logger: logger)
        _ = try await http.start()
        return DemoApplication(url: ground.url, http: http)
    }

    /// Closes it.
    func shutdown() async {
        await http.shutdown(gracePeriod: .zero)
    }
}
