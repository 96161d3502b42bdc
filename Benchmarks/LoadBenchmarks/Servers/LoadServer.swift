import ArgumentParser
import AuthorizationServer
import BenchmarkSupport
import DurableLog
import Foundation
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import UpstreamIdentity

/// The server under load, in a process of its own on the first core.
struct LoadServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", shouldDisplay: false)

    @Option(name: .long) var provider: String
    @Option(name: .long) var fastUpstream: String
    @Option(name: .long) var journal: String
    @Option(name: .long) var directory: String
    @Option(name: .long) var sessions: Int
    @Option(name: .long) var expired: Int
    @Option(name: .long) var resources = 2
    @Option(name: .long) var upstreams = 3
    @Option(name: .long) var clients = 0
    @Flag(name: .long) var tls = false
    /// The limits of a default configuration, a second listener with TLS, and name servers that do not answer.
    @Flag(name: .long) var hostile = false
    @Flag(name: .long) var anyCore = false
    /// The address of an empty PostgreSQL database that has the state; memory and journal without it.
    @Option(name: .long) var database: String?

    /// The resource of the population's sessions, and its server.
    static let resourceServer = (id: "mcp-server", secret: "resource-server-secret-for-load")
    /// The resource that users log in for.
    static let loginResource = "https://login.example.com/mcp"
    /// A client that acts on its own behalf.
    static let machine = (id: "machine", secret: "machine-secret-that-is-long-enough-for-load")
    /// The upstream whose tokens are always expired.
    static let expiringUpstream = "fast"
    /// How many sessions, spread over all, have their refresh tokens reported.
    static let toldTokenCountMax = 200_000

    func run() async throws {
        if !anyCore { try Affinity.pin(to: 0) }
        _ = DescriptorLimit.raise(to: 65_536)
        let logger = Logger(label: "load") { _ in SwiftLogNoOpLogHandler() }
        let idle: ProcessUsage
        let server: GatehouseServer
        let filled: MemoryStores
        if let database {
            idle = try ProcessUsage.current(of: getpid())
            filled = MemoryStores(StoreSettings(), journal: VolatileJournal())
            try await populate(filled)
            try await Self.copy(filled, to: database, logger)
            server = try await start(logger) { Self.keepState(of: &$0, in: database, logger) }
        } else {
            server = try await start(logger) { _ in }
            idle = try ProcessUsage.current(of: getpid())
            filled = server.stores
            try await populate(filled)
        }
        let sessionCount = await filled.sessions.counts.sessions
        try Self.say([
            "issuer": .string(server.configuration.issuer.text),
            "idle_bytes": .number(JSONNumber(idle.residentBytes)),
            "sessions": .number(JSONNumber(sessionCount)),
            "tls_port": .number(JSONNumber(server.addresses.count > 1 ? Int(server.addresses[1].port) : 0)),
        ])
        var issued = 0
        for await line in Self.inputLines() {
            // The only command it receives: how many codes to issue.
            let count = Int(line) ?? 0
            let sessions = server.storage.stores.sessions
            try await IssuedCodes.issue(issued..<issued + count, in: sessions, now: SystemTimeSource().now())
            issued += count
            try Self.say(["issued": .number(JSONNumber(issued))])
        }
        // The end of the input is the benchmark's end, whatever its cause.
        Foundation.exit(0)
    }

    /// Adds sessions, and tells their refresh tokens.
    private func populate(_ stores: MemoryStores) async throws {
        let secret = try await stores.keys.serverSecret(candidate: SystemRandomSource().bytes(32)).outcome
        try await fill(stores, TokenSealing(secret: secret, random: SystemRandomSource()))
        try tell(RefreshTokenKey(secret: secret))
    }

    private func start(
        _ logger: Logger,
        _ prepare: (inout ServerEnvironment) -> Void
    ) async throws -> GatehouseServer {
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        var environment = ServerEnvironment(
            transport: try CurlClient(logger: logger),
            auditSink: UnboundedAuditSink { _ in },
            logger: logger
        )
        environment.reservations = [reservation]
        if hostile {
            environment.documentTransport = try CurlClient(
                configuration: .strangers(proxy: .none, resolver: SilentResolver()),
                logger: logger
            )
        }
        environment.eventLoopCount = 1
        environment.storeLimits.authorizationCodesMax = 10_000_000
        environment.storeLimits.dynamicClientsMax = max(environment.storeLimits.dynamicClientsMax, clients * 2)
        // All sessions are one user's with one client, which no user would have.
        environment.storeLimits.sessionsPerUserAndClientMax = 10_000_000
        if journal != "memory" {
            guard let policy = JournalPolicy(rawValue: journal) else { throw BenchmarkError("no journal \(journal)") }
            environment.storage = try DurableStore.open(
                directory: directory + "/data",
                key: .besideData,
                options: StorageOptions(journal: JournalOptions(policy: policy)),
                logger: logger
            )
        }
        prepare(&environment)
        return try await GatehouseServer.start(try configuration(reservation.address), environment: environment)
    }

    private func configuration(_ address: SocketAddress) throws -> Configuration {
        var listener = Configuration.Listener(address: address)
        if tls {
            listener.tls = Configuration.TLSFiles(
                certificateFile: directory + "/certificate.pem",
                privateKeyFile: directory + "/key.pem"
            )
        }
        var configuration = Configuration(
            issuer: try Issuer("\(tls ? "https" : "http")://\(address)"),
            listen: [listener]
        )
        configuration.management.address = SocketAddress(ip: .loopback, port: 0)
        configuration.scopes = ScopeSet(["openid", "offline_access", "mcp:read"])
        configuration.upstreams = configuredUpstreams
        configuration.resources = configuredResources
        var machine = Configuration.Client(clientID: Self.machine.id)
        machine.tokenEndpointAuthMethod = .clientSecretBasic
        machine.clientSecret = .value(SecretValue(Self.machine.secret))
        machine.grantTypes = [.clientCredentials]
        configuration.clients = [machine]
        configuration.tokens.authorizationCodeLifetime = .seconds(600)
        configuration.storage.snapshotInterval = .seconds(86_400)
        guard !hostile else { return withHostileLimits(configuration) }
        configuration.limits.registrationsPerSource = .init(burst: 10_000_000, perMinute: 10_000_000)
        configuration.limits.authorizationsPerSource = .init(burst: 10_000_000, perMinute: 10_000_000)
        return configuration
    }

    private func withHostileLimits(_ configuration: Configuration) -> Configuration {
        var configuration = configuration
        // Room for 20,000 connections of attackers; those of this machine have no bound of their own.
        configuration.limits.connections = 24_000
        var listener = Configuration.Listener(address: SocketAddress(ip: .loopback, port: 0))
        listener.tls = Configuration.TLSFiles(
            certificateFile: directory + "/certificate.pem",
            privateKeyFile: directory + "/key.pem"
        )
        configuration.listen.append(listener)
        return configuration
    }

    private var configuredUpstreams: [Configuration.Upstream] {
        let used = [loginUpstream, upstream(Population.upstream), upstream(Self.expiringUpstream)]
        return used + (used.count..<max(used.count, upstreams)).map { upstream("unused-\($0)") }
    }

    private var configuredResources: [Configuration.Resource] {
        var resource = Configuration.Resource(uri: Population.resource, scopes: ScopeSet(["mcp:read"]))
        resource.upstreams = [Population.upstream, Self.expiringUpstream]
        resource.clientID = Self.resourceServer.id
        resource.clientSecret = .value(SecretValue(Self.resourceServer.secret))
        var login = Configuration.Resource(uri: Self.loginResource, scopes: ScopeSet(["mcp:read"]))
        login.upstreams = ["login"]
        let used = [resource, login]
        return used
            + (used.count..<max(used.count, resources)).map {
                Configuration.Resource(uri: "https://unused-\($0).example.com/mcp", scopes: ScopeSet(["mcp:read"]))
            }
    }

    private var loginUpstream: Configuration.Upstream {
        var upstream = Configuration.Upstream(name: "login", issuer: provider, clientID: "gatehouse")
        upstream.scopes = ["openid", "offline_access"]
        return Self.onThisMachine(upstream)
    }

    private func upstream(_ name: String) -> Configuration.Upstream {
        let upstream = Configuration.Upstream(
            name: name,
            preset: .oauth2,
            endpoints: .init(
                authorization: fastUpstream + "/authorize",
                token: fastUpstream + "/token",
                userInfo: .init(endpoint: fastUpstream + "/userinfo")
            ),
            clientID: "gatehouse"
        )
        return Self.onThisMachine(upstream)
    }

    private static func onThisMachine(_ upstream: Configuration.Upstream) -> Configuration.Upstream {
        var upstream = upstream
        upstream.clientSecret = .value(SecretValue("upstream-secret-for-load"))
        upstream.allowsInsecureHTTP = true
        upstream.allowsPrivateNetwork = true
        return upstream
    }

    private func fill(_ stores: MemoryStores, _ sealing: TokenSealing) async throws {
        let now = SystemTimeSource().now()
        var part = Population.Part(0..<sessions)
        part.now = now
        part.accessTokenLifetime = .seconds(86_400)
        try await Population.fill(stores, part, sealing: sealing)
        for number in 0..<clients {
            let outcome = try await stores.clients.register(UnusedClient.make(number), from: .unknown).outcome
            guard outcome == .registered else { throw BenchmarkError("a registration was refused") }
        }
        part.indices = sessions..<sessions + expired
        part.upstream = Self.expiringUpstream
        part.accessTokenLifetime = .zero
        try await Population.fill(stores, part, sealing: sealing)
    }

    /// Writes the refresh tokens of the sessions, spread over all, and then of those whose upstream token is expired.
    private func tell(_ key: RefreshTokenKey) throws {
        let count = min(sessions, Self.toldTokenCountMax)
        let numbers = (0..<count).map { $0 * sessions / count } + Array(sessions..<sessions + expired)
        let lines = numbers.map {
            RefreshToken(family: Population.sessionID($0), generation: 1, key: key).wireValue + "\n"
        }
        try Data(lines.joined().utf8).write(to: URL(filePath: directory + "/tokens"))
    }

    private static func say(_ object: JSONObject) throws {
        try FileHandle.standardOutput.write(contentsOf: Data(object.serialized() + [10]))
    }

    /// The lines of standard input, read on a thread of its own because reading blocks.
    private static func inputLines() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }
        return stream
    }
}
