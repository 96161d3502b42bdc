import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OpenSSLCrypto
import PostgreSQLTesting
import Testing

@testable import OAuthState
@testable import PostgreSQLStore

/// These tests fail when a kind of record, a table or a column is added that copies do not move.
@Suite("Copies of a whole state: nothing is left out")
struct CopiedKindsTests {
    /// Kinds that only a journal has, or only an earlier version wrote: no snapshot contains them.
    private static let neverInSnapshots: Set<RecordKind> = [
        .touchClient, .removeClient,
        .rotateRefreshToken, .removeSession, .putConsent, .removeConsent, .withdrawEnding,
        .removeConnection, .removeUser, .putUserOfIdentity,
        .removeSigningKey, .removeVaultKey,
        .consumeAssertion,
        .removeBlock, .removeEventStream,
    ]

    /// Tables of what lives for minutes, which a restart of the default store forgets as well.
    private static let neverCopied: Set<String> = ["codes", "devices", "logins", "nodes", "used_tickets"]

    /// Columns of rows that are copied that are null afterwards: no node holds a lease while none runs.
    private static let nullAfterwards: Set<String> = [
        "connections.lease_expiry", "connections.lease_holder", "connections.lease_version",
    ]

    private func memory() -> MemoryStores { MemoryStores(FilledState.settings, journal: VolatileJournal()) }

    private func copy(_ database: TestDatabase, _ body: (StorageCopy) async throws -> Void) async throws {
        try await PostgreSQLStorage.withCopy(
            client: database.settings,
            key: TestStorage.key(),
            random: SystemRandomSource(),
            now: StoreSample.now,
            logger: .silent,
            body
        )
    }

    private func kinds(_ memory: MemoryStores) async throws -> Set<RecordKind> {
        var kinds: Set<RecordKind> = []
        for (_, store) in memory.sections {
            try await store.capture().forEachRecord { record in
                let first = try #require(record.first)
                let kind = try #require(RecordKind(rawValue: first))
                kinds.insert(kind)
            }
        }
        return kinds
    }

    @Test("every kind of record that a snapshot can have arrives in the database, and comes back")
    func records() async throws {
        let source = memory()
        try await FilledState.fill(source.stores)
        let sent = try await kinds(source)
        #expect(sent == Set(RecordKind.allCases).subtracting(Self.neverInSnapshots))
        let database = try await TestDatabase()
        try await copy(database) { try await $0.write(source, now: StoreSample.now) }
        let target = memory()
        try await copy(database) { try await $0.read(into: target, now: StoreSample.now) }
        #expect(try await kinds(target) == sent)
    }

    @Test("every table has rows after a copy, but for those of what a restart forgets, and no column was forgotten")
    func tables() async throws {
        let source = memory()
        try await FilledState.fill(source.stores)
        let database = try await TestDatabase()
        try await copy(database) { try await $0.write(source, now: StoreSample.now) }
        let columns = try await database.run(
            """
            SELECT CAST(c.table_name AS text), CAST(c.column_name AS text) FROM information_schema.columns c
            WHERE c.table_schema = current_schema()
            """
        )
        var (filled, tables, null): (Set<String>, Set<String>, Set<String>) = ([], [], [])
        for row in columns {
            let (table, column) = (try row.text(0), try row.text(1))
            tables.insert(table)
            guard !Self.neverCopied.contains(table) else { continue }
            let found = try await database.run(
                "SELECT count(*), count(\"\(column)\") FROM \"\(table)\""
            )
            let counts = try #require(found.first)
            if try counts.integer(0) > 0 { filled.insert(table) }
            if try counts.integer(1) == 0 { null.insert("\(table).\(column)") }
        }
        #expect(filled == tables.subtracting(Self.neverCopied))
        #expect(null == Self.nullAfterwards)
    }
}
