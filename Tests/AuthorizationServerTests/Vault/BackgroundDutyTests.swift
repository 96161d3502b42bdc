import AuthorizationServerTesting
import DurableLog
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import Synchronization
import Testing

@testable import AuthorizationServer

@Suite("Background duties are bounded and end at a shutdown")
struct BackgroundDutyTests {
    private let clock = ManualClock()
    private let vault = TokenVault(journal: VolatileJournal())
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let metrics = ServerMetrics(factory: PrometheusRegistry())
    private let sealing: TokenSealing

    init() throws {
        sealing = try TokenSealing(secret: [UInt8](repeating: 1, count: 32), random: SystemRandomSource())
    }

    private func connect(_ number: Int, upstream: String) async throws -> Connection {
        let now = clock.now()
        let login = StoreSample.login("\(upstream) \(number)")
        let candidate = UserID(random: SystemRandomSource())
        let user = try #require(try await vault.resolveUser(login, candidate: candidate, now: now).outcome)
        let draft = StoreSample.draft(user, upstream: upstream, accessTokenExpiry: now + .seconds(3600))
        let stored = try await vault.store(draft, candidate: ConnectionID(random: SystemRandomSource()), now: now)
            .outcome
        guard case .stored(let connection) = stored else {
            throw Refused()
        }
        await vault.touch(connection.id, now: now)
        return connection
    }

    private struct Refused: Error {}

    @Test("a provider whose connections are all due does not delay another's")
    func fairShares() async throws {
        for number in 0..<50 { _ = try await connect(number, upstream: "down") }
        for number in 0..<2 { _ = try await connect(number, upstream: "up") }
        let background = BackgroundRefresh(
            vault: vault,
            upstreams: UpstreamDirectory([]),
            names: ["down", "up"],
            refreshes: UpstreamRefreshes(
                store: vault,
                holder: LeaseHolder(random: SystemRandomSource()),
                sealing: sealing,
                timeSource: clock,
                work: BackgroundWork(),
                instruments: Instruments(
                    metrics: metrics,
                    audit: AuditTrail(sink: UnboundedAuditSink { _ in }),
                    logger: logger
                )
            ),
            countMax: 3,
            work: BackgroundWork(),
            logger: logger
        )
        #expect(try await background.due(now: clock.now()).isEmpty)
        clock.advance(by: .seconds(3590))
        let due = try await background.due(now: clock.now())
        #expect(due.count { $0.upstream == "down" } == 3)
        #expect(due.count { $0.upstream == "up" } == 2)
    }

    @Test("RV-2: at the bound the revocation that waited longest is reported as failed, and each is reported once")
    func revocationBound() async throws {
        let reported = Mutex<[String]>([])
        let revocations = ProviderRevocations(
            ending: ConnectionEnding(
                vault: vault,
                upstreams: UpstreamDirectory([]),
                sealing: sealing,
                logger: logger
            ),
            metrics: metrics,
            audit: AuditTrail(
                sink: UnboundedAuditSink { line in
                    reported.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
                }
            )
        )
        let first = try await connect(1, upstream: "first")
        let other = try await connect(2, upstream: "other")
        revocations.add(first, cause: "test", now: clock.now())
        for _ in 1..<ProviderRevocations.countMax { revocations.add(other, cause: "test", now: clock.now()) }
        #expect(reported.withLock { $0.isEmpty })
        revocations.add(other, cause: "test", now: clock.now())
        #expect(revocations.count == ProviderRevocations.countMax)
        #expect(reported.withLock { $0.count } == 1)
        #expect(reported.withLock { $0[0].contains(#""upstream":"first""#) && $0[0].contains(#""provider":"failed""#) })
        // A shutdown reports the outcome of the rest as unknown, and asks no provider again.
        let turn = Task {
            while !Task.isCancelled { await Task.yield() }
            await revocations.performDue(now: clock.now())
        }
        turn.cancel()
        await turn.value
        #expect(revocations.count == ProviderRevocations.countMax)
        revocations.abandon(now: clock.now())
        #expect(revocations.count == 0)
        #expect(reported.withLock { $0.count } == ProviderRevocations.countMax + 1)
    }

    @Test("turns follow one another, and none begins after the end")
    func serialTurns() async {
        let work = BackgroundWork()
        let turns = SerialTurns(work: work)
        let log = Mutex<[String]>([])
        let (gate, opening) = AsyncStream<Never>.makeStream()
        turns.startIfIdle {
            for await _ in gate {}
            log.withLock { $0.append("first") }
        }
        turns.startIfIdle { log.withLock { $0.append("beside the first") } }
        opening.finish()
        await turns.run { log.withLock { $0.append("second") } }
        turns.stop()
        turns.startIfIdle { log.withLock { $0.append("after the end") } }
        await work.idle()
        #expect(log.withLock { $0 } == ["first", "second"])
    }
}
