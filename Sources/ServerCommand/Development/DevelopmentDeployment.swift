import AuthorizationServer
import DevelopmentIdentityProvider
import Foundation
import Logging
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP

/// The parts of `gatehouse dev`: an identity provider with two users, a server in memory, one demo resource.
struct DevelopmentDeployment {
    let server: GatehouseServer
    let provider: DevelopmentIdentityProvider
    let resource: String
    let resourceServer: (id: String, secret: String)

    /// The upstream name of the provider.
    static let upstream = "dev"

    /// Starts the provider and the server.
    ///
    /// - Parameters:
    ///   - port: The server's port on loopback; 0 picks a free one.
    ///   - resource: The demo resource's URI.
    ///   - logLevel: The lowest level that the log shows.
    /// - Returns: The running deployment and its host.
    /// - Throws: Any error that prevents a server's start.
    static func start(
        port: UInt16,
        resource: String,
        logLevel: Logger.Level
    ) async throws -> (deployment: DevelopmentDeployment, host: ServerHost) {
        let random = SystemRandomSource()
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: port))
        let resourceServer = (id: "demo-mcp-server", secret: Base64URL.encode(random.bytes(24)))
        let upstreamSecret = SecretValue(Base64URL.encode(random.bytes(24)))
        var configuration = Configuration(
            issuer: try Issuer("http://\(reservation.address)"),
            listen: [.init(address: reservation.address)]
        )
        let callback = configuration.issuer.url(CallbackEndpoint.path + "/" + upstream)
        let provider = try DevelopmentIdentityProvider(
            configuration: .init(
                clients: .registered([
                    DevelopmentClient(id: "gatehouse", secret: upstreamSecret.text, redirectURIs: [callback])
                ])
            ),
            timeSource: SystemTimeSource(),
            random: random,
            logger: Logger(label: "provider") { _ in SwiftLogNoOpLogHandler() }
        )
        configuration.scopes = ScopeSet(["openid", "profile", "email", "offline_access", "mcp:read"])
        configuration.management.address = SocketAddress(ip: .loopback, port: 0)
        var upstreamConfiguration = Configuration.Upstream(
            name: upstream,
            issuer: try await provider.start(),
            clientID: "gatehouse"
        )
        upstreamConfiguration.clientSecret = .value(upstreamSecret)
        upstreamConfiguration.scopes = ["openid", "profile", "email", "offline_access"]
        upstreamConfiguration.allowsInsecureHTTP = true
        upstreamConfiguration.allowsPrivateNetwork = true
        configuration.upstreams = [upstreamConfiguration]
        var demo = Configuration.Resource(uri: resource, scopes: ScopeSet(["mcp:read"]))
        demo.upstreams = [upstream]
        demo.clientID = resourceServer.id
        demo.clientSecret = .value(SecretValue(resourceServer.secret))
        configuration.resources = [demo]
        let host = try ServerHost(configuration, logLevel: logLevel, audits: false)
        var environment = try host.environment()
        environment.reservations = [reservation]
        let deployment = DevelopmentDeployment(
            server: try await GatehouseServer.start(configuration, environment: environment),
            provider: provider,
            resource: resource,
            resourceServer: resourceServer
        )
        return (deployment, host)
    }

    /// The commands to try next.
    var instructions: String {
        let issuer = server.configuration.issuer.text
        let management = server.managementAddress.map { "http://\($0)" } ?? "off"
        return """

            Gatehouse is running in development mode: in memory only, with an embedded identity provider.

              issuer            \(issuer)
              MCP resource      \(resource)
              resource server   \(resourceServer.id) / \(resourceServer.secret)
              identity provider \(provider.issuer)   (Ada Lovelace, Grace Hopper)
              management        \(management)

            Try it:

              curl -s \(issuer)/.well-known/oauth-authorization-server
              curl -s \(issuer)/oauth/register -H 'content-type: application/json' \\
                -d '{"client_name":"me","redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}'
              curl -s -u \(resourceServer.id):\(resourceServer.secret) \(issuer)/oauth/token \\
                -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange -d audience=\(Self.upstream) \\
                -d subject_token_type=urn:ietf:params:oauth:token-type:access_token -d subject_token=ACCESS_TOKEN
              curl -s \(management)/metrics

            """
    }

    /// Stops both.
    func shutdown() async {
        await server.shutdown()
        await provider.shutdown()
    }
}
