import OAuthProtocol
import OAuthState

/// A store whose rows expire.
protocol SweptTables: Sendable {
    /// Statements that drop expired rows, at most `limit` of each table, by an index.
    func sweepCalls(now: Timestamp, limit: Int) -> [SQLCall]
}

extension SQLStatement {
    /// Drops expired rows of a table, with the time and the most rows as parameters.
    ///
    /// Rows that another transaction holds are left for another turn, so that nodes that sweep at once do not wait for
    /// each other. An array of keys and no join, because a join with so many rows as a parameter says would be planned
    /// to read the whole table.
    static func dropping(from table: String, key: String, by column: String = "expiry") -> SQLStatement {
        SQLStatement(
            """
            DELETE FROM \(table) WHERE \(key) = ANY(ARRAY(
                SELECT \(key) FROM \(table) WHERE \(column) <= $1::bigint ORDER BY \(column) LIMIT $2::bigint
                FOR UPDATE SKIP LOCKED
            ))
            """
        )
    }
}

extension PostgreSQLSessions: SweptTables {
    func sweepCalls(now: Timestamp, limit: Int) -> [SQLCall] {
        let parameters: [SQLValue] = [.time(now), .count(limit)]
        let remembered: [SQLValue] = [.time(now - Self.skewMax), .count(limit)]
        return [
            SQLCall(Self.sweepOfTickets, remembered),
            SQLCall(Self.sweepOfLogins, parameters),
            SQLCall(Self.sweepOfCodes, parameters),
            SQLCall(Self.sweepOfSessions, parameters),
            SQLCall(Self.sweepOfTokens, remembered),
            SQLCall(Self.sweepOfConsents, [.time(now - policy.consentLifetime), .count(limit)]),
        ]
    }

    /// How much longer than until its expiry a row is kept whose absence means that something may still be used.
    ///
    /// A node whose clock is behind the sweeping one's still accepts a ticket or token that has expired for the latter.
    private static let skewMax = Duration.seconds(60)

    private static let sweepOfTickets = SQLStatement.dropping(from: "used_tickets", key: "ticket")
    private static let sweepOfLogins = SQLStatement.dropping(from: "logins", key: "state")
    private static let sweepOfCodes = SQLStatement.dropping(from: "codes", key: "code")
    private static let sweepOfTokens = SQLStatement.dropping(from: "revoked_tokens", key: "token")
    private static let sweepOfConsents = SQLStatement.dropping(from: "consents", key: "key", by: "given_at")

    // A session that was used since is looked at again when it would end now: a refresh does not touch the index.
    private static let sweepOfSessions = SQLStatement(
        """
        WITH due AS MATERIALIZED (
            SELECT id, LEAST(absolute_expiry, idle_expiry) AS expiry FROM sessions
            WHERE sweep_at <= $1::bigint ORDER BY sweep_at LIMIT $2::bigint
            FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM sessions WHERE id = ANY(ARRAY(SELECT id FROM due WHERE expiry <= $1::bigint))
        )
        UPDATE sessions SET sweep_at = LEAST(absolute_expiry, idle_expiry)
        WHERE id = ANY(ARRAY(SELECT id FROM due WHERE expiry > $1::bigint))
        """
    )
}
