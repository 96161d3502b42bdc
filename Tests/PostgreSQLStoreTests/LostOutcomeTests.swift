import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import PostgreSQLTesting
import Synchronization
import Testing

@testable import PostgreSQLStore

@Suite("TK-16: changes whose outcome a client never learned")
struct LostOutcomeTests {
    private static let now = StoreSample.now
    private static let conditions = RefreshConditions(neededUpstreams: [StoreSample.resource: []])

    private static func rotate(
        _ generation: UInt32,
        in store: PostgreSQLSessions,
        at moment: Timestamp
    ) async throws(StoreError) -> RotationOutcome {
        try await store.rotate(StoreSample.use(generation: generation), under: conditions, now: moment).outcome
    }

    private static func redeem(
        _ store: PostgreSQLSessions,
        at moment: Timestamp = now
    ) async throws(StoreError) -> RedemptionOutcome {
        try await store.redeem(StoreSample.redemption("code"), now: moment).outcome
    }

    private static func generation(_ outcome: RotationOutcome) -> UInt32? {
        switch outcome {
        case .rotated(let session), .repeated(let session): session.generation
        default: nil
        }
    }

    private static func store(
        _ losing: LosingDatabase,
        _ settings: StoreSettings = StoreSettings()
    ) throws -> PostgreSQLSessions {
        PostgreSQLSessions(try losing.place(settings))
    }

    @Test("FD-1: a refresh whose commit is unknown yields the same successor when it is repeated")
    func repeatedRefresh() async throws {
        let losing = LosingDatabase(try await TestStorageDatabase.make())
        let store = try Self.store(losing)
        _ = try await store.opened(StoreSample.grant())
        losing.loseNext()
        await #expect(throws: StoreError.outcomeUnknown) { try await Self.rotate(1, in: store, at: Self.now) }
        let repeated = try await Self.rotate(1, in: store, at: Self.now + .seconds(1))
        #expect(Self.generation(repeated) == 2)
        // The sweep takes it back; a client that has the successor nevertheless continues with it.
        await store.place.reversals.retry()
        let next = try await Self.rotate(2, in: store, at: Self.now + .seconds(2))
        #expect(Self.generation(next) == 3)
    }

    @Test("a refresh whose commit is unknown can be repeated after the grace, and counts as no reuse")
    func refreshAfterTheGrace() async throws {
        let losing = LosingDatabase(try await TestStorageDatabase.make())
        let store = try Self.store(losing)
        _ = try await store.opened(StoreSample.grant())
        losing.loseNext()
        await #expect(throws: StoreError.outcomeUnknown) { try await Self.rotate(1, in: store, at: Self.now) }
        await store.place.reversals.retry()
        let repeated = try await Self.rotate(1, in: store, at: Self.now + .seconds(3600))
        #expect(Self.generation(repeated) == 2)
    }

    @Test("nothing is taken back of a session that went on, or is over")
    func tooLate() async throws {
        for isOver in [false, true] {
            let losing = LosingDatabase(try await TestStorageDatabase.make())
            let store = try Self.store(losing)
            let session = try await store.opened(StoreSample.grant())
            losing.loseNext()
            await #expect(throws: StoreError.outcomeUnknown) { try await Self.rotate(1, in: store, at: Self.now) }
            _ = try await Self.rotate(2, in: store, at: Self.now + .seconds(1))
            if isOver { _ = try await store.revoke(session.id).outcome }
            let before = try await store.session(session.id, now: Self.now)
            await store.place.reversals.retry()
            #expect(try await store.session(session.id, now: Self.now) == before)
        }
    }

    @Test("a code whose redemption has an unknown outcome can be redeemed again after the next sweep, once")
    func repeatedRedemption() async throws {
        let losing = LosingDatabase(try await TestStorageDatabase.make())
        let store = try Self.store(losing)
        let code = StoreSample.digest("code")
        _ = try await store.issueCode(code, for: StoreSample.grant(), now: Self.now).outcome
        losing.loseNext()
        await #expect(throws: StoreError.outcomeUnknown) { try await Self.redeem(store) }
        await store.place.reversals.retry()
        let again = try await Self.redeem(store, at: Self.now + .seconds(1))
        guard case .redeemed(let session, _) = again else {
            Issue.record("the second redemption came to \(again)")
            return
        }
        await store.place.reversals.retry()
        #expect(try await store.session(session.id, now: Self.now) == session)
        let replay = try await Self.redeem(store, at: Self.now + .seconds(2))
        #expect(replay == .replayed(session.id))
    }

    @Test("TK-6: a replay before the sweep ends the session, and the sweep revives nothing")
    func replayBeforeTheSweep() async throws {
        let losing = LosingDatabase(try await TestStorageDatabase.make())
        let store = try Self.store(losing)
        _ = try await store.issueCode(StoreSample.digest("code"), for: StoreSample.grant(), now: Self.now).outcome
        losing.loseNext()
        await #expect(throws: StoreError.outcomeUnknown) { try await Self.redeem(store) }
        let id = StoreSample.grant().sessionID
        #expect(try await Self.redeem(store) == .replayed(id))
        await store.place.reversals.retry()
        #expect(try await Self.redeem(store) == .replayed(id))
        #expect(try await store.session(id, now: Self.now) == nil)
    }

    @Test("a redemption that is taken back twice does not revive a session that its user has ended since")
    func sessionEndedBetweenReversals() async throws {
        let losing = LosingDatabase(try await TestStorageDatabase.make())
        var settings = StoreSettings()
        settings.limits.sessionsPerUserAndClientMax = 1
        let store = try Self.store(losing, settings)
        let earlier = try await store.opened(StoreSample.grant(1))
        let login = StoreSample.grant(2).login
        // A second session of the same user with the same client: the first ends.
        let grant = AuthorizationGrant(login, userID: StoreSample.user(1), issuesRefreshToken: true)
        _ = try await store.issueCode(StoreSample.digest("code"), for: grant, now: Self.now).outcome
        let receipt = try await store.redeem(StoreSample.redemption("code"), now: Self.now + .seconds(1))
        #expect(try await store.session(earlier.id, now: Self.now) == nil)
        losing.loseNext()
        await receipt.failAnswering()
        #expect(try await store.session(earlier.id, now: Self.now) == earlier)
        #expect(try await store.session(login.sessionID, now: Self.now) == nil)
        _ = try await store.revoke(earlier.id).outcome
        await store.place.reversals.retry()
        #expect(try await store.session(earlier.id, now: Self.now) == nil)
        let again = try await Self.redeem(store, at: Self.now + .seconds(2))
        guard case .redeemed = again else {
            Issue.record("the second redemption came to \(again)")
            return
        }
    }

    @Test("a reversal that the database did not take is made in a later sweep")
    func laterReversal() async throws {
        let database = try await TestStorageDatabase.make()
        let failing = FailingDatabase(database)
        let store = PostgreSQLSessions(try failing.place())
        _ = try await store.issueCode(StoreSample.digest("code"), for: StoreSample.grant(), now: Self.now).outcome
        let receipt = try await store.redeem(StoreSample.redemption("code"), now: Self.now)
        failing.fails = true
        await receipt.failAnswering()
        await store.place.reversals.retry()
        failing.fails = false
        #expect(try await store.session(StoreSample.grant().sessionID, now: Self.now) != nil)
        await store.place.reversals.retry()
        #expect(try await store.session(StoreSample.grant().sessionID, now: Self.now) == nil)
        let again = try await Self.redeem(store)
        guard case .redeemed = again else {
            Issue.record("the second redemption came to \(again)")
            return
        }
    }
}

/// A database with the tables, and nothing in them.
private enum TestStorageDatabase {
    static func make() async throws -> any SQLDatabase {
        let nodes = try await TwoNodes()
        return nodes.database.database
    }
}

/// Commits, and then loses the answer, as often as a test wants.
private final class LosingDatabase: SQLDatabase {
    private let database: any SQLDatabase
    private let lossCount = Mutex(0)

    init(_ database: any SQLDatabase) {
        self.database = database
    }

    /// The next transaction is committed, and its answer lost.
    func loseNext() {
        lossCount.withLock { $0 += 1 }
    }

    func run(_ calls: [SQLCall]) async throws(StoreError) -> [[SQLRow]] {
        let isLost = lossCount.withLock { count in
            guard count > 0 else { return false }
            count -= 1
            return true
        }
        let rows = try await database.run(calls)
        guard !isLost else { throw .outcomeUnknown }
        return rows
    }

    func place(_ settings: StoreSettings) throws -> StorePlace {
        let seal = try RowSeal(key: try TestStorage.key(), random: SystemRandomSource())
        return StorePlace(
            database: self,
            opener: RowOpener(seal: seal, logger: .silent),
            settings: settings
        )
    }
}
