import OAuthProtocol

/// The row that says that a copy into the database has begun and has not ended.
///
/// A node that started on half a copy would make keys of its own, and end every session that is missing.
enum CopyMark {
    private static let name = "copy"

    /// Notes that a copy begins, into tables that are empty or have an interrupted copy.
    ///
    /// - Throws: ``StorageCopyError`` when the tables are in use, and `StoreError`.
    static func begin(_ database: any SQLDatabase, now: Timestamp) async throws {
        try await requireRest(database, now: now)
        let isResumed = try await isThere(database)
        guard let row = try await database.run(hasRows).first else { throw StorageCopyError.inUse }
        guard try isResumed || !row.boolean(0) else { throw StorageCopyError.notEmpty }
        // What has ended in the source since must not remain here, nor a state of another source.
        _ = try await database.run([SQLCall(addition, [.text(name)])] + clearing.map { SQLCall($0) })
    }

    /// Notes that the copy is whole.
    static func end(_ database: any SQLDatabase) async throws {
        _ = try await database.run(removal, [.text(name)])
    }

    /// Refuses half a copy.
    ///
    /// - Throws: ``StorageCopyError/unfinished``, and `StoreError`.
    static func requireWhole(_ database: any SQLDatabase) async throws {
        guard try await !isThere(database) else { throw StorageCopyError.unfinished }
    }

    /// Refuses tables that a node uses: what it changes in the meantime would be lost.
    ///
    /// - Throws: ``StorageCopyError/inUse``, and `StoreError`.
    static func requireRest(_ database: any SQLDatabase, now: Timestamp) async throws {
        let living = try await database.run(livingNodes, [.time(now - LivingNodes.lifetime)])
        guard living.isEmpty else { throw StorageCopyError.inUse }
    }

    /// Refuses tables without any state, which are hardly the ones that were meant.
    ///
    /// - Throws: ``StorageCopyError/empty``, and `StoreError`.
    static func requireRows(_ database: any SQLDatabase) async throws {
        guard let row = try await database.run(hasRows).first, try row.boolean(0) else { throw StorageCopyError.empty }
    }

    private static func isThere(_ database: any SQLDatabase) async throws -> Bool {
        try await !database.run(question, [.text(name)]).isEmpty
    }

    private static let livingNodes = SQLStatement("SELECT id FROM nodes WHERE seen_at > $1::bigint")
    private static let question = SQLStatement("SELECT name FROM storage_marks WHERE name = $1")
    private static let addition = SQLStatement(
        "INSERT INTO storage_marks (name, body) VALUES ($1, ''::bytea) ON CONFLICT (name) DO NOTHING"
    )
    private static let removal = SQLStatement("DELETE FROM storage_marks WHERE name = $1")
    private static let clearing = [
        SQLStatement(
            """
            TRUNCATE blocks, clients, signing_keys, vault_keys, server_secret, devices, consumed_assertions, used_tickets,
                logins, codes, sessions, consents, revoked_tokens, session_endings, event_streams, upstream_registrations,
                users, connections, connection_sessions, default_connections
            """
        ),
        SQLStatement("UPDATE block_lists SET block_count = 0, changes = changes + 1"),
        SQLStatement("UPDATE ending_logs SET last = 0, lost_through = 0, lost_at = 0"),
    ]
    private static let hasRows = SQLStatement(
        """
        SELECT EXISTS (SELECT 1 FROM server_secret) OR EXISTS (SELECT 1 FROM signing_keys)
            OR EXISTS (SELECT 1 FROM vault_keys) OR EXISTS (SELECT 1 FROM clients) OR EXISTS (SELECT 1 FROM users)
            OR EXISTS (SELECT 1 FROM sessions) OR EXISTS (SELECT 1 FROM blocks)
        """
    )
}
