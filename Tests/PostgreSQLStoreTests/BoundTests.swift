import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

@Suite("Bounds of large tables in a database")
struct BoundTests {
    private let now = StoreSample.now

    @Test("a node counts when it has used up a sixteenth of what was free")
    func budget() {
        let budget = RowBudget()
        #expect(!budget.take())
        budget.learn(free: 15)
        #expect(!budget.take())
        budget.learn(free: 32)
        #expect(budget.take() && budget.take() && !budget.take())
        budget.learn(free: -5)
        #expect(!budget.take())
    }

    @Test("a table that was found full is not counted again for a second")
    func full() async throws {
        let budget = RowBudget()
        #expect(!budget.isFull(at: now))
        budget.learnFull(at: now)
        #expect(budget.isFull(at: now) && budget.isFull(at: now + .milliseconds(999)))
        #expect(!budget.isFull(at: now + .seconds(1)))
        #expect(!budget.isFull(at: now))
        var settings = StoreSettings()
        settings.limits.consumedAssertionsMax = 1
        let replay = PostgreSQLReplay(try FailingDatabase(try await TwoNodes().database.database).place(settings))
        func consume(_ label: String, at moment: Timestamp) async throws -> AssertionConsumption {
            let (id, owner) = (StoreSample.digest(label), StoreSample.assertionOwner)
            return try await replay.consume(id, of: owner, expiry: now + .seconds(600), now: moment).outcome
        }
        #expect(try await consume("1", at: now) == .consumed)
        for _ in 0..<2 {
            #expect(try await consume("2", at: now) == .full)
            #expect(try await consume("1", at: now) == .replayed)
        }
    }

    @Test("uses are forgotten at the interval, and learned from rows")
    func uses() {
        let uses = RecentUses<Int>(interval: .seconds(60))
        #expect(uses.isDue(1, now: now))
        #expect(!uses.isDue(1, now: now + .seconds(59)))
        #expect(uses.isDue(1, now: now + .seconds(60)))
        uses.learn(2, usedAt: now)
        #expect(!uses.isDue(2, now: now + .seconds(59)))
        uses.learn(2, usedAt: nil)
        #expect(uses.isDue(2, now: now))
    }

    @Test("every digest is in one of 64 windows")
    func windows() throws {
        for first in UInt8.min...UInt8.max {
            let digest = [first] + [UInt8](repeating: 255, count: 31)
            let windows = try (Int64(0)..<64).filter { number in
                let values = RowCount.window(number)
                guard case .bytes(let start) = values[0], case .bytes(let end) = values[1] else {
                    throw Unexpected(description: "a window is not bytes")
                }
                return !digest.lexicographicallyPrecedes(start) && digest.lexicographicallyPrecedes(end)
            }
            #expect(windows == [Int64(first / 4)])
        }
    }

    @Test("a large table is estimated, to some percent")
    func estimate() async throws {
        let nodes = try await TwoNodes()
        try await nodes.database.run(
            """
            INSERT INTO consumed_assertions (id, owner_id, is_self_registered, expiry)
            SELECT sha256(CAST(CAST(i AS text) AS bytea)), sha256('owner'), true,
                \(now.millisecondsSinceEpoch + 600_000)
            FROM generate_series(1, 60000) i
            """
        )
        let count = try await nodes.first.upkeep.counts().consumedAssertions
        #expect((50_000...70_000).contains(count))
        var settings = StoreSettings()
        for (bound, outcome) in [(45_000, AssertionConsumption.full), (80_000, .consumed)] {
            settings.limits.consumedAssertionsMax = bound
            let replay = PostgreSQLReplay(try FailingDatabase(nodes.database.database).place(settings))
            let owner = AssertionOwner(id: StoreSample.digest("\(bound)"), isSelfRegistered: false)
            let id = StoreSample.digest("id for \(bound)")
            let use = try await replay.consume(id, of: owner, expiry: now + .seconds(600), now: now)
            #expect(try await use.outcome == outcome)
            // When they have expired they do not count, also before they are dropped.
            let later = now + .seconds(601)
            let next = try await replay.consume(
                StoreSample.digest("later \(bound)"),
                of: owner,
                expiry: later + .seconds(600),
                now: later
            )
            #expect(try await next.outcome == .consumed)
        }
    }

    @Test("a sweep drops what has expired for a minute, and clients that were never used, so many a turn")
    func sweep() async throws {
        let nodes = try await TwoNodes()
        for number in 1...5 {
            let id = StoreSample.digest("\(number)")
            let expiry = now + .seconds(number)
            _ = try await nodes.first.replay.consume(id, of: StoreSample.assertionOwner, expiry: expiry, now: now)
            _ = try await nodes.first.clients.register(
                StoreSample.client("dcr_\(number)", issuedAt: now + .seconds(number))
            )
        }
        await nodes.first.clients.touch("dcr_1", now: now)
        func counts() async throws -> [Int] {
            let counts = try await nodes.second.upkeep.counts()
            return [counts.consumedAssertions, counts.clients]
        }
        #expect(try await counts() == [5, 5])
        await nodes.second.upkeep.sweep(now: now + .seconds(63), limit: 100)
        #expect(try await counts() == [2, 5])
        await nodes.second.upkeep.sweep(now: now + .seconds(86_400 + 4), limit: 1)
        #expect(try await counts() == [1, 4])
        await nodes.second.upkeep.sweep(now: now + .seconds(86_400 + 4), limit: 100)
        #expect(try await counts() == [0, 3])
        #expect(try await nodes.first.clients.client("dcr_1") != nil)
        #expect(try await nodes.first.clients.client("dcr_2") == nil)
    }
}
