import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

/// LM-1: nodes count each other, so that each can allow its part of every rate.
@Suite("The nodes that live")
struct LivingNodesTests {
    private let now = StoreSample.now

    private func sweep(_ storage: [PostgreSQLStorage], at moment: Timestamp) async {
        for node in storage { await node.stores.upkeep.sweep(now: moment, limit: 10) }
    }

    private func counts(_ storage: [PostgreSQLStorage]) -> [Int] { storage.map(\.stores.upkeep.nodeCount) }

    @Test("a node counts those that noted it lately; one that leaves is not counted at the second note")
    func leaving() async throws {
        let settings = try await TestDatabase().settings
        let first = try await TestStorage.open(settings)
        let second = try await TestStorage.open(settings)
        #expect(counts([first, second]) == [1, 1])
        await sweep([first, second], at: now)
        #expect(counts([first, second]) == [1, 2])
        await sweep([first, second], at: now + .seconds(2))
        #expect(counts([first, second]) == [1, 2], "asked before its time")
        await sweep([first, second], at: now + .seconds(3))
        #expect(counts([first, second]) == [2, 2])
        try await second.close()
        await sweep([first], at: now + .seconds(6))
        #expect(first.stores.upkeep.nodeCount == 2)
        await sweep([first], at: now + .seconds(9))
        #expect(first.stores.upkeep.nodeCount == 1)
        try await first.close()
    }

    @Test("a node that was killed is counted until its note is 15 s old, and its row is dropped after an hour")
    func killed() async throws {
        let database = try await TestDatabase()
        let (first, second) = (
            try await TestStorage.open(database.settings), try await TestStorage.open(database.settings)
        )
        await sweep([second], at: now)
        await sweep([first], at: now + .seconds(14))
        #expect(first.stores.upkeep.nodeCount == 2)
        await sweep([first], at: now + .seconds(17))
        #expect(first.stores.upkeep.nodeCount == 2)
        await sweep([first], at: now + .seconds(20))
        #expect(first.stores.upkeep.nodeCount == 1)
        #expect(try await database.run("SELECT id FROM nodes").count == 2)
        await sweep([first], at: now + .seconds(3601))
        #expect(try await database.run("SELECT id FROM nodes").count == 1)
        for node in [first, second] { try await node.close() }
        #expect(try await database.run("SELECT id FROM nodes").isEmpty)
    }

    @Test("after an outage in which all notes grew old, no node believes to be the only one")
    func outage() async throws {
        let settings = try await TestDatabase().settings
        let nodes = [try await TestStorage.open(settings), try await TestStorage.open(settings)]
        for second in 0..<7 { await sweep(nodes, at: now + .seconds(second)) }
        #expect(counts(nodes) == [2, 2])
        await sweep(nodes, at: now + .seconds(600))
        #expect(counts(nodes) == [2, 2])
        await sweep(nodes, at: now + .seconds(603))
        #expect(counts(nodes) == [2, 2])
        for node in nodes { try await node.close() }
    }

    @Test("while the database is away the count stays")
    func away() async throws {
        let cluster = try await PostgreSQLCluster(isDurable: false)
        let settings = try await TestDatabase(in: cluster).settings
        let nodes = [try await TestStorage.open(settings), try await TestStorage.open(settings)]
        for second in 0..<4 { await sweep(nodes, at: now + .seconds(second)) }
        try await cluster.order("stop immediate")
        await sweep([nodes[0]], at: now + .seconds(30))
        #expect(nodes[0].stores.upkeep.nodeCount == 2)
        #expect(nodes[0].stores.upkeep.unavailability == "database_unavailable")
        #expect(!nodes[0].stores.upkeep.isAvailable)
        for node in nodes { try await node.close() }
    }
}
