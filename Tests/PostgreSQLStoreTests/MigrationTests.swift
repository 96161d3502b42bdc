import DurableLog
import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

@Suite("The schema's numbered migrations")
struct MigrationTests {
    private let now = Timestamp(secondsSinceEpoch: 1)
    private static let steps = [
        Schema.Migration(version: 1, statements: ["CREATE TABLE one (id bigint)", "INSERT INTO one VALUES (1)"]),
        Schema.Migration(version: 2, statements: ["ALTER TABLE one ADD COLUMN other bigint"]),
    ]

    @Test("each step is made once, in its order, and its version and time are noted")
    func steps() async throws {
        let database = try await TestDatabase()
        let first = SchemaMigrator(database: database.database, migrations: [Self.steps[0]])
        #expect(try await first.version() == 0)
        #expect(try await first.migrate(now: now) == [1])
        #expect(try await first.migrate(now: now) == [])
        let second = SchemaMigrator(database: database.database, migrations: Self.steps)
        #expect(try await second.version() == 1)
        #expect(try await second.migrate(now: now + .seconds(1)) == [2])
        #expect(try await second.version() == 2 && second.knownVersion == 2)
        let rows = try await database.run("SELECT version, applied_at FROM schema_migrations ORDER BY version")
        #expect(rows.map(\.values) == [[.integer(1), .time(now)], [.integer(2), .time(now + .seconds(1))]])
        #expect(try await database.run("SELECT id, other FROM one").map(\.values) == [[.integer(1), .null]])
    }

    @Test("of eight nodes that start at once, each step is made by one, and all find it done", arguments: 1...4)
    func race(round: Int) async throws {
        let database = try await TestDatabase()
        let (now, client) = (now, database.database)
        let made = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<8 {
                group.addTask { try await SchemaMigrator(database: client, migrations: Self.steps).migrate(now: now) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(made.sorted() == [1, 2])
        #expect(try await database.run("SELECT id FROM one").count == 1)
    }

    @Test("whole storage that two nodes open at once has all tables")
    func storage() async throws {
        let settings = try await TestDatabase().settings
        async let one = TestStorage.open(settings)
        async let other = TestStorage.open(settings)
        for storage in try await [one, other] {
            #expect(try await storage.stores.upkeep.counts() == StoreCounts())
            try await storage.close()
        }
    }

    @Test("a schema from the future is refused, and not changed")
    func future() async throws {
        let database = try await TestDatabase()
        _ = try await SchemaMigrator(database: database.database, migrations: Self.steps).migrate(now: now)
        let older = SchemaMigrator(database: database.database, migrations: [Self.steps[0]])
        await #expect(throws: SchemaError.fromFuture(found: 2, known: 1)) { try await older.migrate(now: now) }
        #expect(try await older.version() == 2)
        let next = (Schema.migrations.last?.version ?? 0) + 1
        let storage = try await TestDatabase()
        try await TestStorage.open(storage.settings).close()
        try await storage.run(
            "INSERT INTO schema_migrations (version, applied_at) VALUES ($1, $2)",
            [.integer(next), .time(now)]
        )
        await #expect(throws: SchemaError.fromFuture(found: next, known: next - 1)) {
            try await TestStorage.open(storage.settings)
        }
    }

    @Test("a step that fails leaves the version and the tables as they were, and can be made again")
    func failure() async throws {
        let database = try await TestDatabase()
        let broken = Schema.Migration(
            version: 2,
            statements: ["CREATE TABLE half (id bigint)", "CREATE TABLE half (id bigint)"]
        )
        let failing = SchemaMigrator(database: database.database, migrations: [Self.steps[0], broken])
        await #expect(throws: SchemaError.failed) { try await failing.migrate(now: now) }
        #expect(try await failing.version() == 1)
        let tables = try await database.run(
            "SELECT CAST(table_name AS text) FROM information_schema.tables WHERE table_schema = current_schema()"
        )
        #expect(Set(try tables.map { try $0.text(0) }) == ["one", "schema_migrations"])
        #expect(try await SchemaMigrator(database: database.database, migrations: Self.steps).migrate(now: now) == [2])
    }

    @Test("a node with another storage key is refused, and changes nothing")
    func otherKey() async throws {
        let settings = try await TestDatabase().settings
        let first = try await TestStorage.open(settings)
        let secret = try await first.stores.keys.serverSecret(candidate: Array(1...32)).outcome
        let key = try StorageKey(bytes: Array(2...33))
        await #expect(throws: StorageKeyMismatch.self) { try await TestStorage.open(settings, key: key) }
        let again = try await TestStorage.open(settings)
        #expect(try await again.stores.keys.serverSecret(candidate: Array(2...33)).outcome == secret)
        try await first.close()
        try await again.close()
    }

    @Test("the program's own steps have the numbers from 1 on")
    func numbers() {
        #expect(Schema.migrations.map(\.version) == (1...Int64(Schema.migrations.count)).map { $0 })
    }
}
