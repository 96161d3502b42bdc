import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import PostgreSQLClient
import PostgreSQLTesting
import ServerConfiguration

/// Whole servers in this process, with their state in PostgreSQL.
enum ServerNodes {
    /// A node of the server whose state is in this schema; another node answers in the first one's name.
    static func start(
        _ settings: ClientSettings,
        beside first: TestServer? = nil,
        provider: DevelopmentIdentityProvider.Configuration = .init(),
        failures: Configuration.Rate = .init(burst: 1000, perMinute: 1000),
        configure: (inout Configuration) throws -> Void = { _ in },
        environment prepare: (inout ServerEnvironment) throws -> Void = { _ in }
    ) async throws -> TestServer {
        try await TestServer.start(
            clock: first?.clock ?? ManualClock(),
            provider: provider,
            configure: { configuration in
                configuration.limits.failuresPerSource = failures
                try configure(&configuration)
                guard let first else { return }
                configuration.issuer = try Issuer(first.issuer)
                configuration.upstreams = [TestServer.upstreamConfiguration(issuer: first.provider.issuer)]
            },
            environment: { environment in
                let logger = environment.logger
                environment.openState = { try await TestStorage.open(settings, $0, logger: logger) }
                try prepare(&environment)
            }
        )
    }

    /// Runs the body with one node, and with a second one on the same tables.
    static func run(
        provider: DevelopmentIdentityProvider.Configuration = .init(),
        failures: Configuration.Rate = .init(burst: 1000, perMinute: 1000),
        _ body: (TestServer, TestServer) async throws -> Void
    ) async throws {
        let settings = try await TestDatabase().settings
        let first = try await start(settings, provider: provider, failures: failures)
        let second = try await start(settings, beside: first, failures: failures)
        do {
            try await body(first, second)
        } catch {
            await second.shutdown()
            await first.shutdown()
            throw error
        }
        await second.shutdown()
        await first.shutdown()
    }

    /// The same client, whose requests go to another node.
    static func client(_ client: OAuthTestClient, at node: TestServer) -> OAuthTestClient {
        var other = OAuthTestClient(
            issuer: "http://\(node.server.addresses[0])",
            transport: node.transport,
            resource: TestServer.resource
        )
        other.id = client.id
        return other
    }
}
