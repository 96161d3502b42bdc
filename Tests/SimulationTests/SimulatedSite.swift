import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import HTTPTypes
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Synchronization
import UpstreamIdentity

/// A rule that a schedule found broken.
struct RuleBroken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Everything around the server: its disk, its clock, its provider, and the way to it; the server comes and goes.
final class SimulatedSite: Sendable {
    static let issuer = "https://gatehouse.example"
    static let management = "http://127.0.0.1:9090"
    static let resource = "https://mcp.example/mcp"
    static let resourceServer = (id: "mcp-server", secret: "resource-server-secret-of-32-bytes")
    static let adminToken = "administrator-token-for-simulations"
    static let upstream = "corp"

    /// Changes how the server keeps its state, for schedules that must find it wrong.
    typealias Spoil = @Sendable (any StateStorage) -> any StateStorage

    private struct Running {
        var server: UnboundServer?
        var disk: ScriptedFileSystem
        var journal: (any ChangeJournal)?
        var life = 0
    }

    let clock = ManualClock()
    let provider = SimulatedProvider()
    private let running = Mutex(Running(disk: ScriptedFileSystem()))
    private let random: SeededRandomSource
    private let spoil: Spoil
    private let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

    init(seed: UInt64, spoil: @escaping Spoil) {
        random = SeededRandomSource(seed: seed)
        self.spoil = spoil
    }

    var disk: ScriptedFileSystem { running.withLock { $0.disk } }
    /// How often the server has been started.
    var life: Int { running.withLock { $0.life } }
    var server: UnboundServer? { running.withLock { $0.server } }

    /// The journal of the server that runs, or ran last.
    var journal: (any ChangeJournal)? { running.withLock { $0.journal } }

    // MARK: - Lives

    /// Starts the server on what the disk has.
    func start() async throws {
        var environment = ServerEnvironment(
            timeSource: clock,
            clock: clock,
            random: random,
            transport: SimulatedNetwork(site: self),
            auditSink: UnboundedAuditSink { _ in },
            logger: logger
        )
        var journal = JournalOptions(segmentByteCount: 1 << 14)
        journal.retryDelay = .milliseconds(1)
        journal.retryDelayMax = .milliseconds(2)
        let directory = try DurableStore.open(
            directory: "/state",
            key: .configured(try StorageKey(bytes: Array(1...32))),
            fileSystem: disk,
            options: StorageOptions(journal: journal),
            random: random,
            logger: logger
        )
        environment.storage = directory
        environment.storeLimits = Self.limits
        let spoil = spoil
        environment.openState = { settings in
            spoil(try await MemoryStorage(settings, directory: directory, journal: directory.journal))
        }
        let server = try await UnboundServer(Self.configuration(), environment: environment)
        running.withLock {
            $0.server = server
            $0.journal = directory.journal
            $0.life += 1
        }
    }

    /// Ends the process at once, if the disk has not ended it before, and replaces the disk by what the next one finds.
    func crash(_ kind: ScriptedFileSystem.Crash) async {
        let disk = disk
        disk.setScript { _ in .stop(0) }
        await server?.abandon()
        let image = disk.image(kind)
        running.withLock {
            $0.server = nil
            $0.disk = image
        }
    }

    /// Ends the process as an operator does.
    func stop() async throws {
        try await server?.shutdown()
        running.withLock { $0.server = nil }
    }

    // MARK: - What is configured

    /// Bounds that some schedules reach.
    static let limits: StoreLimits = {
        var limits = StoreLimits()
        limits.pendingAuthorizationsMax = 16
        limits.authorizationCodesMax = 16
        limits.sessionsPerUserAndClientMax = 3
        limits.revokedAccessTokensPerSessionMax = 2
        return limits
    }()

    private static func configuration() throws -> Configuration {
        var configuration = Configuration(
            issuer: try Issuer(issuer),
            listen: [.init(address: SocketAddress(ip: .loopback, port: 0))]
        )
        configuration.management.adminToken = .value(SecretValue(adminToken))
        configuration.scopes = ScopeSet(["offline_access", "mcp:read", "mcp:write"])
        var upstream = Configuration.Upstream(name: upstream, issuer: nil, clientID: "gatehouse")
        upstream.preset = .oauth2
        upstream.clientSecret = .value(SecretValue("upstream-secret-for-simulations"))
        upstream.scopes = ["read"]
        let site = SimulatedProvider.origin
        upstream.endpoints = UpstreamEndpointOverrides(
            authorization: site + "/authorize",
            token: site + "/token",
            revocation: site + "/revoke",
            userInfo: UserInfoMapping(endpoint: site + "/user", subject: ["id"], name: ["name"])
        )
        configuration.upstreams = [upstream]
        var resource = Configuration.Resource(uri: resource, scopes: ScopeSet(["mcp:read", "mcp:write"]))
        resource.upstreams = [upstream.name]
        resource.clientID = resourceServer.id
        resource.clientSecret = .value(SecretValue(resourceServer.secret))
        configuration.resources = [resource]
        configuration.limits.registrationsPerSource = .init(burst: 1000, perMinute: 1000)
        configuration.limits.failuresPerSource = .init(burst: 1000, perMinute: 1000)
        configuration.limits.authorizationsPerSource = .init(burst: 1000, perMinute: 1000)
        return configuration
    }
}

/// Carries requests by calls: to the server's routes, and to the provider.
struct SimulatedNetwork: OutboundTransport {
    unowned let site: SimulatedSite

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        guard let uri = URIReference(request.url) else { throw OutboundError(.invalidURL, "not a URL") }
        if request.url.hasPrefix(SimulatedProvider.origin) {
            return try site.provider.answer(request, path: uri.path)
        }
        guard let server = site.server else { throw OutboundError(.connectFailed, "the server is not running") }
        let isManagement = request.url.hasPrefix(SimulatedSite.management)
        let responder = isManagement ? server.managementResponder : server.responder
        var fields: HTTPFields = [:]
        for (name, value) in request.headerFields {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let response = await responder.respond(
            to: Request(
                method: HTTPRequest.Method(rawValue: request.method) ?? .get,
                path: uri.path,
                query: uri.query,
                fields: fields,
                body: request.body
            )
        )
        return OutboundResponse(
            status: response.status.code,
            headerFields: response.headerFields.map { ($0.name.canonicalName, $0.value) },
            body: response.body
        )
    }
}
