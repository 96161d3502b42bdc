import PostgreSQLClient
import PostgreSQLTesting
import Testing

@Suite("The PostgreSQL client")
struct ClientTests {
    private func command(_ number: Int, _ text: String, _ parameters: [Value] = []) -> Command {
        Command(number: number, text: text, parameters: parameters)
    }

    @Test("carries every type of value there and back")
    func values() async throws {
        let client = try await TestDatabase().client
        let values: [Value] = [
            .null, .integer(.min), .integer(-1), .integer(.max), .text("ö 漢\u{1F600}"), .text(""),
            .bytes(Array(0...255)), .bytes([]), .boolean(true), .boolean(false),
        ]
        let text = """
            SELECT $1::bytea, $2::bigint, $3::bigint, $4::bigint, $5::text, $6::text, $7::bytea, $8::bytea, \
            $9::boolean, $10::boolean
            """
        #expect(try await client.run([command(1, text, values)]) == [[values]])
        let small = try await client.run([command(2, "SELECT (-2)::smallint, (-3)::integer, 'x'::varchar")])
        #expect(small == [[[.integer(-2), .integer(-3), .text("x")]]])
    }

    @Test("carries lists as parameters, empty ones too")
    func lists() async throws {
        let client = try await TestDatabase().client
        let text = "SELECT v FROM unnest($1::bytea[]) v WHERE v = ANY($1::bytea[]) ORDER BY v"
        let rows = try await client.run([command(1, text, [.byteStrings([[2], [], [1, 1]])])])
        #expect(rows == [[[.bytes([])], [.bytes([1, 1])], [.bytes([2])]]])
        #expect(try await client.run([command(1, text, [.byteStrings([])])]) == [[]])
        let texts = try await client.run([command(2, "SELECT 'b' = ANY($1::text[])", [.texts(["a", "b"])])])
        #expect(texts == [[[.boolean(true)]]])
    }

    @Test("says the types of parameters, so that no literal beside one makes it smaller")
    func types() async throws {
        let client = try await TestDatabase().client
        let large: Int64 = 1 << 40
        for number in [1, nil] {
            let command = Command(
                number: number,
                text: "SELECT $1 - 1000, $2",
                parameters: [.integer(large), .text("a")]
            )
            #expect(try await client.run([command]) == [[[.integer(large - 1000), .text("a")]]])
        }
    }

    @Test("makes several statements one transaction: all of them or none")
    func atomicity() async throws {
        let client = try await TestDatabase().client
        _ = try await client.run([command(1, "CREATE TABLE t (id bigint PRIMARY KEY)")])
        let insert = "INSERT INTO t VALUES ($1)"
        _ = try await client.run([command(2, insert, [.integer(1)]), command(2, insert, [.integer(2)])])
        await #expect(throws: DatabaseError.unavailable) {
            try await client.run([command(2, insert, [.integer(3)]), command(2, insert, [.integer(1)])])
        }
        #expect(try await client.run([command(3, "SELECT count(*) FROM t")]) == [[[.integer(2)]]])
        let both = [command(4, "DELETE FROM t RETURNING id"), command(3, "SELECT count(*) FROM t")]
        let rows = try await client.run(both)
        #expect(rows.last == [[.integer(0)]])
    }

    @Test("refuses a statement that the database cannot read, and goes on")
    func wrongStatement() async throws {
        let client = try await TestDatabase().client
        for _ in 0..<3 {
            await #expect(throws: DatabaseError.unavailable) { try await client.run([command(1, "SELEC 1")]) }
        }
        #expect(try await client.run([command(2, "SELECT 1")]) == [[[.integer(1)]]])
    }

    @Test("repeats transactions that end each other in a deadlock")
    func deadlocks() async throws {
        let client = try await TestDatabase { $0.connectionCount = 4 }.client
        _ = try await client.run([command(1, "CREATE TABLE t (id bigint PRIMARY KEY, n bigint NOT NULL)")])
        _ = try await client.run([command(2, "INSERT INTO t VALUES (1, 0), (2, 0)")])
        let add = "UPDATE t SET n = n + 1 WHERE id = $1"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for turn in 0..<20 {
                let order: [Int64] = turn.isMultiple(of: 2) ? [1, 2] : [2, 1]
                group.addTask { _ = try await client.run(order.map { command(3, add, [.integer($0)]) }) }
            }
            try await group.waitForAll()
        }
        #expect(try await client.run([command(4, "SELECT n FROM t")]) == [[[.integer(20)], [.integer(20)]]])
    }

    @Test("serves many tasks at once over few connections")
    func load() async throws {
        let client = try await TestDatabase().client
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let rows = try await client.run([command(1, "SELECT $1::bigint", [.integer(Int64(number))])])
                    return rows == [[[.integer(Int64(number))]]]
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test("refuses what comes after its shutdown")
    func shutdown() async throws {
        let client = try await TestDatabase().client
        await client.shutdown()
        #expect(!client.isConnected)
        await #expect(throws: DatabaseError.unavailable) { try await client.run([command(1, "SELECT 1")]) }
    }

    @Test("refuses when nothing listens at the address")
    func nowhere() async throws {
        let cluster = try await PostgreSQLCluster.shared()
        var settings = ClientSettings(address: "postgresql:///postgres?host=\(cluster.folder)/nowhere")
        settings.answerTimeout = .seconds(10)
        let client = try PostgreSQLClient(settings, logger: .silent)
        await #expect(throws: DatabaseError.unavailable) { try await client.run([command(1, "SELECT 1")]) }
        #expect(!client.isConnected)
    }
}
