package import AuthorizationServer
package import DevelopmentIdentityProvider
import DurableLog
import Logging
import OAuthProtocol
import OpenSSLCrypto
package import OutboundHTTP
package import ServerConfiguration
import SocketHTTP
import Synchronization

/// An authorization server in this process, on a free port, with an identity provider beside it: the production code
/// with the test's clock, randomness and upstream.
///
/// Any number of them can run side by side; each has its own state, its own ports and its own clock.
public final class TestServer: Sendable {
    /// The running server.
    package let server: GatehouseServer
    /// The identity provider that it sends users to.
    package let provider: DevelopmentIdentityProvider
    /// The clock of server and provider.
    package let clock: ManualClock
    /// Sends requests to the server, as a client or a browser.
    package let transport: any OutboundTransport
    /// The audit trail so far.
    public let auditLog: RecordedLines
    /// The log so far, debug lines included.
    public let log: RecordedLines

    /// What belongs to it for another package's test.
    let embedding: Embedding

    private let client: CurlClient

    /// The resource that a new server protects.
    public static let resource = "https://mcp.example.com/mcp"
    /// The id of that resource's server, and its secret.
    public static let resourceServer = (id: "mcp-server", secret: "resource-server-secret-for-tests")
    static let adminSecret = "admin-token-for-tests"
    /// The upstream name of the identity provider.
    public static let upstream = "corp"

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - clock: The clock, if the test shares it.
    ///   - providerConfiguration: How the identity provider behaves.
    ///   - configure: Changes the configuration before the start.
    ///   - prepare: Changes the environment before the start.
    /// - Returns: The running server; the caller shuts it down.
    /// - Throws: Any error that prevents a server's start.
    package static func start(
        clock: ManualClock = ManualClock(),
        provider providerConfiguration: DevelopmentIdentityProvider.Configuration = .init(),
        configure: (inout Configuration) throws -> Void = { _ in },
        environment prepare: (inout ServerEnvironment) throws -> Void = { _ in }
    ) async throws -> TestServer {
        try await launch(
            EmbeddingPlan(),
            clock: clock,
            provider: providerConfiguration,
            configure: configure,
            environment: prepare
        )
    }

    /// Starts providers and server; stops what has started when a later part does not start.
    static func launch(
        _ plan: EmbeddingPlan,
        clock: ManualClock,
        provider providerConfiguration: DevelopmentIdentityProvider.Configuration,
        configure: (inout Configuration) throws -> Void,
        environment prepare: (inout ServerEnvironment) throws -> Void = { _ in }
    ) async throws -> TestServer {
        let records = Records(clock: clock)
        let client = try CurlClient(logger: records.logger)
        let provider: DevelopmentIdentityProvider
        do {
            provider = try DevelopmentIdentityProvider(
                configuration: providerConfiguration,
                timeSource: clock,
                random: SystemRandomSource(),
                logger: records.logger
            )
        } catch {
            await client.shutdown()
            throw error
        }
        var embedding = Embedding(isFirstOAuth2: plan.isFirstOAuth2, requests: records.requests)
        if plan.servesDocuments { embedding.documents = ClientDocuments(transport: client) }
        do {
            let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
            var configuration = try standardConfiguration(reservation.address, provider: try await provider.start())
            embedding.upstreams = try await plan.start(&configuration, clock: clock, logger: records.logger)
            try configure(&configuration)
            var environment = records.environment(clock: clock, transport: client)
            environment.documentTransport = embedding.documents
            environment.reservations = [reservation]
            try prepare(&environment)
            if environment.openState == nil { StateOfTests.chosen?.apply(to: &environment) }
            let server = try await GatehouseServer.start(configuration, environment: environment)
            await server.keysPublished()
            return TestServer(server, provider: provider, clock: clock, client: client, records, embedding)
        } catch {
            for upstream in embedding.upstreams { await upstream.provider.shutdown() }
            await provider.shutdown()
            await client.shutdown()
            throw error
        }
    }

    /// The configuration of a server in a test, before the test changes it.
    private static func standardConfiguration(
        _ address: SocketAddress,
        provider: String
    ) throws -> Configuration {
        var configuration = Configuration(issuer: try Issuer("http://\(address)"), listen: [.init(address: address)])
        configuration.management.address = SocketAddress(ip: .loopback, port: 0)
        configuration.management.adminToken = .value(SecretValue(adminSecret))
        configuration.scopes = ScopeSet(["openid", "profile", "email", "offline_access", "mcp:read", "mcp:write"])
        configuration.upstreams = [Self.upstreamConfiguration(issuer: provider)]
        var protected = Configuration.Resource(uri: resource, scopes: ScopeSet(["mcp:read", "mcp:write"]))
        protected.upstreams = [upstream]
        protected.clientID = resourceServer.id
        protected.clientSecret = .value(SecretValue(resourceServer.secret))
        configuration.resources = [protected]
        configuration.limits.registrationsPerSource = .init(burst: 1000, perMinute: 1000)
        configuration.limits.failuresPerSource = .init(burst: 1000, perMinute: 1000)
        configuration.limits.authorizationsPerSource = .init(burst: 1000, perMinute: 1000)
        return configuration
    }

    private init(
        _ server: GatehouseServer,
        provider: DevelopmentIdentityProvider,
        clock: ManualClock,
        client: CurlClient,
        _ records: Records,
        _ embedding: Embedding
    ) {
        self.server = server
        self.provider = provider
        self.clock = clock
        self.client = client
        transport = client
        auditLog = records.auditLog
        log = records.log
        self.embedding = embedding
    }

    /// An OpenID Connect upstream at a provider on loopback.
    package static func upstreamConfiguration(
        name: String = upstream,
        issuer: String
    ) -> Configuration.Upstream {
        var configuration = Configuration.Upstream(name: name, issuer: issuer, clientID: "gatehouse")
        configuration.clientSecret = .value(SecretValue("upstream-secret-for-tests"))
        configuration.scopes = ["openid", "profile", "email", "offline_access"]
        configuration.allowsInsecureHTTP = true
        configuration.allowsPrivateNetwork = true
        return configuration
    }

    /// The issuer, which is also the base URL.
    public var issuer: String { server.configuration.issuer.text }

    /// The base URL of the management listener.
    public var managementURL: String {
        server.managementAddress.map { "http://\($0)" } ?? ""
    }

    /// Stops server and provider.
    public func shutdown() async {
        await server.shutdown(gracePeriod: .zero)
        await provider.shutdown()
        for upstream in embedding.upstreams { await upstream.provider.shutdown() }
        await client.shutdown()
    }

    /// Starts a server, runs the body, and stops the server in any case.
    package static func run(
        clock: ManualClock = ManualClock(),
        provider providerConfiguration: DevelopmentIdentityProvider.Configuration = .init(),
        configure: (inout Configuration) throws -> Void = { _ in },
        environment prepare: (inout ServerEnvironment) throws -> Void = { _ in },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let server = try await start(
            clock: clock,
            provider: providerConfiguration,
            configure: configure,
            environment: prepare
        )
        do {
            try await body(server)
        } catch {
            await server.shutdown()
            throw error
        }
        await server.shutdown()
    }
}
