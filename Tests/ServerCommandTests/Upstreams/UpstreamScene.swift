import AuthorizationServer
import DevelopmentIdentityProvider
import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import Testing

/// A provider on loopback, and a configuration whose only upstream it is.
struct UpstreamScene {
    let provider: DevelopmentIdentityProvider
    let transport: CurlClient
    var configuration: Configuration

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func run(
        _ settings: DevelopmentIdentityProvider.Configuration = .init(),
        _ body: (UpstreamScene) async throws -> Void
    ) async throws {
        let transport = try CurlClient(logger: logger)
        let provider = try DevelopmentIdentityProvider(
            configuration: settings,
            timeSource: SystemTimeSource(),
            logger: logger
        )
        var configuration = Configuration(issuer: try Issuer("https://auth.example.com"), listen: [])
        var upstream = Configuration.Upstream(name: "corp", issuer: provider.issuer, clientID: "gatehouse")
        upstream.clientSecret = .value(SecretValue("the-secret-of-the-upstream"))
        upstream.scopes = ["openid", "profile", "email", "offline_access"]
        upstream.allowsInsecureHTTP = true
        upstream.allowsPrivateNetwork = true
        configuration.upstreams = [upstream]
        do {
            try await provider.start()
            try await body(UpstreamScene(provider: provider, transport: transport, configuration: configuration))
        } catch {
            await provider.shutdown()
            await transport.shutdown()
            throw error
        }
        await provider.shutdown()
        await transport.shutdown()
    }
}

/// A clock that differs from the machine's.
struct ShiftedTimeSource: TimeSource {
    let shift: Duration

    func now() -> Timestamp { SystemTimeSource().now() + shift }
}
