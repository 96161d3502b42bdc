import AuthorizationServer
import AuthorizationServerTesting
import DurableLog
import Foundation
import HTTPTypes
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import Synchronization
import Testing

/// Revocations and single uses survive a restart, and are acknowledged only when they do.
@Suite("Revocation and assertions: durability")
struct RevocationDurabilityTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test(
        "RV-2, D-40: over a restart what was revoked stays revoked, and what was used stays used",
        arguments: [true, false]
    )
    func restart(withSnapshot: Bool) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let key = try TestClientKey("batch")
        let clock = ManualClock()
        var used: [[(String, String)]] = []
        var (revoked, kept) = ("", "")
        try await Self.run(directory, key, clock) { server, visitor in
            func proof(_ id: String) throws -> [(String, String)] {
                let form = try key.form(at: server, tokenID: id)
                used.append(form)
                return form
            }
            let first = try await visitor.token(AssertionScene.credentialsForm + proof("1"))
            let second = try await visitor.token(AssertionScene.credentialsForm + proof("2"))
            revoked = try #require(first["access_token"])
            kept = try #require(second["access_token"])
            let answer = try await visitor.post("/oauth/revoke", [("token", revoked)] + proof("3"))
            #expect(answer.status == 200)
            if withSnapshot {
                clock.advance(by: .seconds(301))
                await server.server.performMaintenance()
            }
        }
        try await Self.run(directory, key, clock) { server, visitor in
            for form in used {
                let answer = try await visitor.token(AssertionScene.credentialsForm + form)
                #expect(answer.status == 401)
            }
            let dead = try await visitor.introspect(revoked)
            #expect(dead.json == ["active": false])
            let live = try await visitor.introspect(kept)
            #expect(live.json["active"] == true)
            let fresh = try await visitor.token(
                AssertionScene.credentialsForm + key.form(at: server, tokenID: "4")
            )
            #expect(fresh.status == 200)
        }
    }

    /// Runs a server on the directory under an issuer that stays the same, and a visitor who finds it by its address.
    private static func run(
        _ directory: URL,
        _ key: TestClientKey,
        _ clock: ManualClock,
        _ body: (TestServer, OAuthTestClient) async throws -> Void
    ) async throws {
        try await TestServer.run(
            clock: clock,
            configure: { configuration in
                configuration.issuer = try Issuer("http://127.0.0.1:9")
                configuration.clients = [AssertionScene.client(key)]
            },
            environment: { environment in
                environment.storage = try DurableStore.open(
                    directory: directory.path(),
                    key: .configured(try StorageKey(bytes: Array(1...32))),
                    logger: logger
                )
            }
        ) { server in
            let address = try #require(server.server.addresses.first)
            let visitor = OAuthTestClient(issuer: "http://\(address)", transport: server.transport, resource: nil)
            try await body(server, visitor)
        }
    }

    @Test("RV-1: while the journal is down a revocation is 503, refused before it is made or not acknowledged after")
    func journalDown() async throws {
        let scene = try await EndpointScene()
        scene.journal.state.withLock { $0 = .refusing }
        let refused = await scene.revoke()
        #expect(refused.status == .serviceUnavailable)
        #expect(refused.headerFields[.retryAfter] != nil)
        // Nothing was changed in memory that the disk does not know.
        #expect(await scene.sessions.session(scene.sessionID, now: StoreSample.now) != nil)
        scene.journal.state.withLock { $0 = .losing }
        #expect(await scene.revoke().status == .serviceUnavailable)
        // It is gone in memory and may come back after a crash: repeating it must not be answered as done either.
        #expect(await scene.revoke().status == .serviceUnavailable)
        scene.journal.state.withLock { $0 = .working }
        #expect(await scene.revoke().status == .ok)
    }
}

/// The revocation endpoint over stores whose journal fails on command.
private struct EndpointScene {
    let journal = FailingJournal()
    let sessions: AuthorizationSessions
    let sessionID = SessionID(value: 1)
    private let endpoint: RevocationEndpoint
    private let refreshToken: RefreshToken

    init() async throws {
        let limiter = SourceLimiter(rates: [:])
        let metrics = ServerMetrics(factory: PrometheusRegistry())
        let issuer = try Issuer("https://auth.example.com")
        let clients = ClientRegistry(preRegistered: [StoreSample.client()], journal: journal)
        sessions = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
        _ = try await sessions.issueCode(StoreSample.digest("code"), for: StoreSample.grant(1), now: StoreSample.now)
            .outcome
        _ = try await sessions.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        let refreshTokenKey = RefreshTokenKey(secret: Array(repeating: 3, count: 32))
        refreshToken = RefreshToken(family: sessionID, generation: 1, key: refreshTokenKey)
        let stored = try StoredSigningKey(
            PrivateKey.generate(.es256),
            purpose: .accessToken,
            state: .active,
            publishedAt: StoreSample.now
        )
        let keys = try #require(
            SigningKeyPublication(KeyGeneration(number: 1, signingKeys: [stored], vaultKeys: []))
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let remote = RemoteKeySets(
            transport: KeySetHost(),
            addressPolicy: .publicOnly,
            limiter: limiter,
            timeSource: ManualClock(),
            work: BackgroundWork(),
            logger: logger
        )
        let audit = AuditTrail(sink: UnboundedAuditSink { _ in })
        let guesses = GuessLimit(
            limiter: GuessLimiter(rate: .init(burst: 10, perMinute: 10)),
            metrics: metrics,
            audit: audit
        )
        endpoint = RevocationEndpoint(
            requests: ClientRequests(
                authenticator: ClientAuthenticator(
                    clients: clients,
                    assertions: ClientAssertionVerifier(
                        issuer: issuer,
                        keys: ClientKeys(remote: remote),
                        replay: ReplayGuard(journal: journal),
                        guesses: guesses,
                        logger: logger
                    ),
                    guesses: guesses
                ),
                failures: FailureLimit(limiter: limiter, metrics: metrics)
            ),
            refreshTokenKey: refreshTokenKey,
            verification: AccessTokenVerification(
                issuer: issuer,
                keys: keys,
                sessions: sessions,
                seen: SeenAccessTokens(),
                origins: try SessionOrigins(secret: Array(repeating: 1, count: 32), random: SystemRandomSource())
            ),
            sessions: sessions,
            instruments: Instruments(metrics: metrics, audit: audit, logger: logger)
        )
    }

    func revoke() async -> Response {
        let form = FormParameters.serialize([("token", refreshToken.wireValue), ("client_id", StoreSample.clientID)])
        let request = Request(
            method: .post,
            path: "/oauth/revoke",
            fields: [.contentType: "application/x-www-form-urlencoded"],
            body: Array(form.utf8)
        )
        let context = RequestContext(source: .loopback, now: StoreSample.now, requestID: RequestID(number: 1))
        return await endpoint.respond(to: request, context: context)
    }
}

/// A journal that refuses, or takes records and loses them, on command.
private final class FailingJournal: ChangeJournal {
    enum State {
        case working
        case refusing
        case losing
    }

    let state = Mutex(State.working)
    private let inner = VolatileJournal()

    func append(_ record: [UInt8]) -> JournalPosition { inner.append(record) }

    func waitUntilDurable(_ position: JournalPosition) async throws(JournalError) {
        guard state.withLock({ $0 == .working }) else { throw .unavailable }
    }

    var lastPosition: JournalPosition { inner.lastPosition }
    var isAvailable: Bool { state.withLock { $0 != .refusing } }
}
