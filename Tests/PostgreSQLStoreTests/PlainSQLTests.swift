import OAuthProtocol
import OAuthState
import PostgreSQLTesting
import Testing

@testable import PostgreSQLStore

/// The database needs no language of its own: only statements that every engine with this protocol has.
@Suite("Plain SQL only")
struct PlainSQLTests {
    private static let foreign = [
        "plpgsql", "trigger", "create function", "create procedure", "do $", "create extension", "listen ",
    ]

    @Test("no step of the schema makes a function, a trigger or an extension")
    func steps() {
        for step in Schema.migrations {
            for statement in step.statements {
                let text = statement.lowercased()
                for word in Self.foreign { #expect(!text.contains(word), "step \(step.version): \(word)") }
            }
        }
    }

    @Test("the tables of this version have no function, no trigger and no extension of their own")
    func database() async throws {
        let database = try await TestDatabase()
        try await TestStorage.open(database.settings).close()
        #expect(try await Self.foreignObjects(database) == 0)
    }

    /// How many functions and triggers a schema has.
    static func foreignObjects(_ database: TestDatabase) async throws -> Int64 {
        let rows = try await database.run(
            """
            SELECT (SELECT count(*) FROM information_schema.routines WHERE routine_schema = current_schema())
                + (SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = current_schema())
            """
        )
        return try #require(rows.first).integer(0)
    }
}
