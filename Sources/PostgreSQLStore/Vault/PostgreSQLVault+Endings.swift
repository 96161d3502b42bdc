package import OAuthProtocol
package import OAuthState

/// The ends of connections.
extension PostgreSQLVault {
    // Not by version: the end of a login's tokens ends whatever refreshed them (RV-2, LO-1).
    private static let markRevoked = SQLStatement(
        """
        UPDATE connections
        SET status = 3, reason = $3, lease_holder = NULL, lease_version = NULL, lease_expiry = NULL
        WHERE id = $1 AND obtained_at = $2
        RETURNING 1::bigint
        """
    )

    package func revoke(
        _ id: ConnectionID,
        obtainedAt: Timestamp,
        reason: String
    ) async throws(StoreError) -> Receipt<Bool> {
        let rows = try await database.run(Self.markRevoked, [.id(id), .time(obtainedAt), .text(reason)])
        return Receipt(!rows.isEmpty)
    }

    // The rows that belong to a connection go only if it went: each statement sees what the one before it did.
    private static let erase = SQLStatement(
        """
        DELETE FROM connections c WHERE c.id = $1 AND ($2::bigint IS NULL OR c.obtained_at = $2)
        RETURNING \(ConnectionRow.columns), c.upstream, c.place, c.postponed_until
        """
    )
    private static let eraseSessions = SQLStatement(
        """
        DELETE FROM connection_sessions
        WHERE connection_id = $1 AND NOT EXISTS (SELECT 1 FROM connections WHERE id = $1)
        RETURNING session_id, sid_key, entry, place
        """
    )
    private static let eraseChoice = SQLStatement(
        """
        DELETE FROM default_connections
        WHERE connection_id = $1 AND NOT EXISTS (SELECT 1 FROM connections WHERE id = $1)
        RETURNING user_id, upstream, connection_id
        """
    )

    package func disconnect(
        _ id: ConnectionID,
        obtainedAt: Timestamp?
    ) async throws(StoreError) -> Receipt<Connection?> {
        let results = try await database.run([
            SQLCall(Self.erase, [.id(id), .time(obtainedAt)]),
            SQLCall(Self.eraseSessions, [.id(id)]),
            SQLCall(Self.eraseChoice, [.id(id)]),
        ])
        guard results.count == 3 else { throw .unavailable }
        guard let row = results[0].first else { return Receipt(nil) }
        let erased = Erased(connection: row, sessions: results[1], choices: results[2])
        return Receipt(try rows.connection(row), reversal: { await self.reconnect(erased) })
    }

    /// The rows of a connection that was disconnected.
    private struct Erased: Sendable {
        let connection: SQLRow
        let sessions: [SQLRow]
        let choices: [SQLRow]
    }

    private static let restore = SQLStatement(
        """
        INSERT INTO connections (
            id, user_id, account_key, account, account_name, scopes,
            access_token, refresh_token, id_token, token_fields, access_token_expiry, upstream_client_id,
            status, reason, obtained_at, refreshed_at, used_at, version, upstream, place, postponed_until
        )
        SELECT $1, u.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21
        FROM users u WHERE u.id = $2
        ON CONFLICT DO NOTHING
        """
    )
    private static let restoreSession = SQLStatement(
        """
        INSERT INTO connection_sessions (connection_id, session_id, sid_key, entry, place)
        SELECT c.id, $2, $3, $4, $5 FROM connections c WHERE c.id = $1
        ON CONFLICT DO NOTHING
        """
    )
    private static let restoreChoice = SQLStatement(
        """
        INSERT INTO default_connections (user_id, upstream, connection_id)
        SELECT c.user_id, $2, c.id FROM connections c WHERE c.user_id = $1 AND c.id = $3
        ON CONFLICT DO NOTHING
        """
    )

    /// Takes back a disconnection, unless the user has connected the account again: the account's key is unique for a
    /// user.
    private func reconnect(_ erased: Erased) async {
        let values = erased.connection.values
        guard values.count == ConnectionRow.columnCount + 3 else { return }
        let (id, userID) = (values[0], values[1])
        // Without the concatenated sessions, which are restored as rows.
        let columns = Array(values[..<(ConnectionRow.columnCount - 1)] + values[ConnectionRow.columnCount...])
        var calls = [SQLCall(Self.lockUser, [userID]), SQLCall(Self.restore, columns)]
        calls += erased.sessions.map { SQLCall(Self.restoreSession, [id] + $0.values) }
        calls += erased.choices.map { SQLCall(Self.restoreChoice, $0.values) }
        // The disconnection stays made where the database is not reached; the caller has failed already.
        _ = try? await database.run(calls)
    }
}
