import PostgreSQLClient
import PostgreSQLTesting
import Testing

/// Each test has a server of its own, which it stops, kills or freezes.
@Suite("The PostgreSQL client and a server in trouble", .serialized)
struct FaultTests {
    private let one = Command(number: 1, text: "SELECT 1", parameters: [])
    private let wait = Command(number: 2, text: "SELECT pg_sleep(20)", parameters: [])

    /// Repeats until the database answers again.
    private func recover(_ client: PostgreSQLClient) async throws {
        #expect(try await answer(of: client, to: one) == [[[.integer(1)]]])
    }

    /// The answer, on the first connection that is there again.
    private func answer(of client: PostgreSQLClient, to command: Command) async throws -> [[[Value]]]? {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            do {
                return try await client.run([command])
            } catch {
                await Task.yield()
            }
        }
        return nil
    }

    @Test("answers within two seconds when a statement takes long: it was rolled back")
    func statementTimeout() async throws {
        let database = try await TestDatabase {
            $0.statementTimeout = .milliseconds(300)
            $0.answerTimeout = .seconds(20)
        }
        await #expect(throws: DatabaseError.unavailable) { try await database.client.run([wait]) }
        #expect(try await database.client.run([one]) == [[[.integer(1)]]])
    }

    @Test("answers in time when the server hangs, and comes back with it")
    func hangs() async throws {
        let cluster = try await PostgreSQLCluster(isDurable: false)
        let database = try await TestDatabase(in: cluster) {
            $0.statementTimeout = .milliseconds(1200)
            $0.answerTimeout = .milliseconds(1600)
        }
        try await recover(database.client)
        try await cluster.order("freeze")
        let start = ContinuousClock.now
        await #expect(throws: DatabaseError.outcomeUnknown) { try await database.client.run([one]) }
        #expect(ContinuousClock.now - start < .seconds(2))
        try await cluster.order("thaw")
        try await recover(database.client)
    }

    @Test("does not know what came of a transaction whose connection is cut, and goes on with another")
    func cut() async throws {
        let cluster = try await PostgreSQLCluster(isDurable: false)
        let (database, other) = (try await TestDatabase(in: cluster), try await TestDatabase(in: cluster))
        let (client, wait) = (database.client, wait)
        let task = Task { try await client.run([wait]) }
        let cut = Command(
            number: 3,
            text: """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' \
                AND state = 'active' AND pid <> pg_backend_pid()
                """,
            parameters: []
        )
        while try await other.client.run([cut]) == [[[.integer(0)]]] { await Task.yield() }
        await #expect(throws: DatabaseError.outcomeUnknown) { try await task.value }
        try await recover(client)
    }

    @Test("recovers from a restart of the server without a restart of its own", arguments: ["stop fast", "kill"])
    func restart(_ order: String) async throws {
        let cluster = try await PostgreSQLCluster(isDurable: true)
        let client = try await TestDatabase(in: cluster).client
        let kept = Command(number: 3, text: "CREATE TABLE kept (id bigint)", parameters: [])
        _ = try await client.run([kept])
        try await cluster.order(order)
        await #expect(throws: DatabaseError.self) { try await client.run([one]) }
        try await cluster.order("start")
        try await recover(client)
        let count = Command(number: 4, text: "SELECT count(*) FROM kept", parameters: [])
        #expect(try await answer(of: client, to: count) == [[[.integer(0)]]])
    }
}
