import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

@Suite("The operator's blocks in a database")
struct BlockTests {
    private let now = StoreSample.now
    private let party = BlockedParty.client("https://client.example/metadata.json")

    private func store(_ stores: Stores) throws -> any BlockStore { try #require(stores.administration).blocks }

    @Test("a block holds at once where it was made, is listed on the other node, and is made and removed once")
    func outcomes() async throws {
        let nodes = try await TwoNodes()
        let (first, second) = (try store(nodes.first), try store(nodes.second))
        #expect(try await !first.hasBlocks())
        #expect(try await first.block(party, now: now).outcome == .blocked)
        #expect(try await first.hasBlocks())
        #expect(try await first.isBlocked(party))
        #expect(try await !first.isBlocked(.registration))
        #expect(try await second.block(party, now: now + .seconds(1)).outcome == .already)
        #expect(try await second.isBlocked(party))
        #expect(try await second.block(.registration, now: now + .seconds(2)).outcome == .blocked)
        let all = [Block(party: party, since: now), Block(party: .registration, since: now + .seconds(2))]
        #expect(try await first.blocks() == all)
        #expect(try await second.unblock(party).outcome)
        #expect(try await !first.unblock(party).outcome)
        #expect(try await !first.isBlocked(party))
        #expect(try await second.blocks() == [all[1]])
    }

    @Test("of 64 who block one party, one blocks it")
    func race() async throws {
        let nodes = try await TwoNodes()
        let stores = [try store(nodes.first), try store(nodes.second)]
        let (party, now) = (party, now)
        let blocked = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask { try await stores[number % 2].block(party, now: now).outcome == .blocked }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(blocked == 1)
    }

    @Test("at the bound a new party is refused, and a known one is known")
    func bound() async throws {
        let nodes = try await TwoNodes()
        let store = try store(nodes.first)
        #expect(try await store.block(party, now: now).outcome == .blocked)
        try await nodes.database.run("UPDATE block_lists SET block_count = 10000")
        let refused = try await store.block(.registration, now: now).outcome
        #expect(refused == .full)
        try await nodes.database.run("UPDATE block_lists SET block_count = 10000")
        #expect(try await store.block(party, now: now).outcome == .already)
    }

    @Test("a block that cannot be read, and a database that does not answer, are never taken for no block")
    func unreadable() async throws {
        let nodes = try await TwoNodes()
        let failing = FailingDatabase(nodes.database.database)
        let store = PostgreSQLBlocks(try failing.place())
        failing.fails = true
        await #expect(throws: StoreError.unavailable) { try await store.hasBlocks() }
        await #expect(throws: StoreError.unavailable) { try await store.isBlocked(.registration) }
        failing.fails = false
        #expect(try await store.block(party, now: now).outcome == .blocked)
        try await nodes.database.run("UPDATE blocks SET body = decode('00', 'hex') || body")
        await #expect(throws: StoreError.unavailable) { try await store.hasBlocks() }
    }

    @Test("one request asks the database each half second, and the others do not wait for it before a second")
    func asksRarely() throws {
        let cache = BlockCache()
        let start = ContinuousClock.now
        guard case .stale(let asked) = cache.look(start) else { throw Unexpected(description: "an empty cache") }
        _ = cache.replace(asked, changes: 3, [party: now])
        guard case .fresh(let parties) = cache.look(start + .milliseconds(499)) else {
            throw Unexpected(description: "blocks of half a second are not known")
        }
        #expect(parties == [party: now])
        guard case .stale = cache.look(start + .milliseconds(500)) else {
            throw Unexpected(description: "no request asks again after half a second")
        }
        guard case .fresh = cache.look(start + .milliseconds(999)) else {
            throw Unexpected(description: "the others wait for the one that asks")
        }
        guard case .stale = cache.look(start + .seconds(1)) else {
            throw Unexpected(description: "blocks are used for more than a second")
        }
    }

    @Test("an answer to a question from before a change is not kept")
    func overtaken() throws {
        let cache = BlockCache()
        let start = ContinuousClock.now
        guard case .stale(let asked) = cache.look(start) else { throw Unexpected(description: "an empty cache") }
        cache.forget()
        _ = cache.replace(asked, changes: 0, [:])
        guard case .stale(let again) = cache.look(start) else { throw Unexpected(description: "kept an old answer") }
        _ = cache.replace(again, changes: 1, [party: now])
        guard case .fresh(let parties) = cache.look(start) else { throw Unexpected(description: "kept no answer") }
        #expect(parties == [party: now])
    }
}
