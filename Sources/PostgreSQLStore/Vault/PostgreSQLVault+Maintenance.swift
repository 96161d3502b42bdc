package import OAuthProtocol
package import OAuthState

/// Maintenance of all connections: due refreshes, another key of the vault, another name of an upstream.
extension PostgreSQLVault {
    // As an array, so that the planner looks each row up: a limit that it does not know counts as a tenth of the table.
    // A connection that another node is taking at the same moment is skipped. An unused one leaves the schedule until
    // it is used again.
    private static let takeDue = SQLStatement(
        """
        UPDATE connections c
        SET postponed_until = CASE WHEN c.used_at > $4 THEN $5::bigint ELSE \(parked) END
        WHERE c.id = ANY(ARRAY(
            SELECT d.id FROM connections d WHERE d.upstream = $1 AND d.next_refresh_at <= $2
            ORDER BY d.next_refresh_at LIMIT $3 FOR UPDATE SKIP LOCKED
        ))
        RETURNING \(ConnectionRow.columns), c.used_at > $4
        """
    )

    package func takeDueRefreshes(
        at upstream: String,
        usedSince: Timestamp,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> DueRefreshes {
        let taken = try await database.run(
            Self.takeDue,
            [
                seal.upstream(upstream), .time(now), .integer(Int64(limit)), .time(usedSince),
                .time(now + Self.retryInterval),
            ]
        )
        var due: [Connection] = []
        for row in taken where try row.boolean(ConnectionRow.columnCount) { due.append(try rows.connection(row)) }
        return DueRefreshes(connections: due, isComplete: taken.count < limit)
    }

    /// After what time a connection that was taken is due again.
    private static let retryInterval: Duration = .seconds(30)

    private static let hasTokens = """
        version = $2 AND access_token = $3 AND refresh_token IS NOT DISTINCT FROM $4::bytea
            AND id_token IS NOT DISTINCT FROM $5::bytea AND token_fields IS NOT DISTINCT FROM $6::bytea
        """
    private static let setTokens = """
        access_token = $7, refresh_token = $8, id_token = $9, token_fields = $10
        """
    private static let replaceSealed = SQLStatement(
        "UPDATE connections SET \(setTokens) WHERE id = $1 AND \(hasTokens) RETURNING 1::bigint"
    )

    private func present(_ connection: Connection) -> [SQLValue] {
        [.id(connection.id), .integer(Int64(connection.version))] + connection.tokens.columns
    }

    package func reseal(_ connection: Connection, as tokens: SealedTokens) async throws(StoreError) -> Receipt<Bool> {
        let parameters = present(connection) + tokens.columns
        return Receipt(try await !database.run(Self.replaceSealed, parameters).isEmpty)
    }

    private static let setUpstream = SQLStatement(
        """
        UPDATE connections c
        SET \(setTokens), account_key = $11, upstream = $12, account = $13, account_name = $14, scopes = $15,
            version = (version + 1) & 4294967295
        WHERE id = $1 AND \(hasTokens)
            AND NOT EXISTS (SELECT 1 FROM connections o WHERE o.account_key = $11 AND o.user_id = c.user_id)
        RETURNING 1::bigint
        """
    )
    // The user's choice stays one; where another connection is chosen at the new name, that one stays.
    private static let moveChoice = SQLStatement(
        """
        UPDATE default_connections d SET upstream = c.upstream
        FROM connections c
        WHERE d.connection_id = $1 AND c.id = $1 AND d.upstream <> c.upstream
            AND NOT EXISTS (
                SELECT 1 FROM default_connections o WHERE o.user_id = c.user_id AND o.upstream = c.upstream
            )
        """
    )
    private static let dropChoice = SQLStatement(
        """
        DELETE FROM default_connections d USING connections c
        WHERE d.connection_id = $1 AND c.id = $1 AND d.upstream <> c.upstream
        """
    )

    package func rename(
        _ connection: Connection,
        to upstream: String,
        as tokens: SealedTokens
    ) async throws(StoreError) -> Receipt<Bool> {
        let texts = ConnectionTexts(
            opener: opener,
            userID: connection.userID,
            upstream: upstream,
            account: connection.account
        )
        let place: [SQLValue] = [
            .bytes(texts.accountKey), seal.upstream(upstream),
            try texts.sealed(account: connection.account, at: upstream),
            try texts.sealed(accountName: connection.accountName), try texts.sealed(scopes: connection.scopes),
        ]
        let results = try await database.run([
            SQLCall(Self.lockUser, [.id(connection.userID)]),
            SQLCall(Self.setUpstream, present(connection) + tokens.columns + place),
            SQLCall(Self.moveChoice, [.id(connection.id)]),
            SQLCall(Self.dropChoice, [.id(connection.id)]),
        ])
        guard results.count == 4 else { throw .unavailable }
        return Receipt(!results[1].isEmpty)
    }
}
