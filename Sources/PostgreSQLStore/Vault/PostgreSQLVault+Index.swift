package import OAuthProtocol
package import OAuthState

/// Queries for connections, each answered by an index.
extension PostgreSQLVault {
    private static let select = "SELECT \(ConnectionRow.columns) FROM connections c"
    private static let byID = SQLStatement("\(select) WHERE c.id = $1")
    private static let ofUser = SQLStatement("\(select) WHERE c.user_id = $1 ORDER BY c.place")
    private static let ofAccount = SQLStatement("\(select) WHERE c.account_key = $1 ORDER BY c.place")
    private static let ofProviderSession = SQLStatement(
        """
        \(select)
        WHERE c.id IN (SELECT connection_id FROM connection_sessions WHERE sid_key = $1) AND c.upstream = $2
        ORDER BY c.place
        """
    )
    private static let afterID = SQLStatement("\(select) WHERE c.id > $1 ORDER BY c.id LIMIT $2")
    private static let ofUserAtUpstream = SQLStatement(
        """
        SELECT \(ConnectionRow.columns),
            EXISTS (SELECT 1 FROM default_connections d WHERE d.connection_id = c.id AND d.user_id = c.user_id)
        FROM connections c WHERE c.user_id = $1 AND c.upstream = $2 ORDER BY c.place
        """
    )
    private static let otherOwner = SQLStatement(
        "SELECT 1::bigint FROM connections WHERE account_key = $1 AND user_id <> $2 LIMIT 1"
    )

    var rows: ConnectionRow { ConnectionRow(opener: opener) }

    private func find(_ statement: SQLStatement, _ parameters: [SQLValue]) async throws(StoreError) -> [Connection] {
        try rows.connections(try await database.run(statement, parameters))
    }

    package func connection(_ id: ConnectionID) async throws(StoreError) -> Connection? {
        try await find(Self.byID, [.id(id)]).first
    }

    package func connections(of userID: UserID) async throws(StoreError) -> [Connection] {
        try await find(Self.ofUser, [.id(userID)])
    }

    package func connections(ofAccount account: String, at upstream: String) async throws(StoreError) -> [Connection] {
        try await find(Self.ofAccount, [.bytes(ConnectionTexts.accountKey(account, at: upstream, seal))])
    }

    package func connections(
        ofProviderSession session: String,
        at upstream: String
    ) async throws(StoreError) -> [Connection] {
        try await find(
            Self.ofProviderSession,
            [ProviderSessionEntry.key(session, seal), seal.upstream(upstream)]
        )
    }

    /// In the order of ids; continues behind one that is erased.
    package func connections(after id: ConnectionID?, limit: Int) async throws(StoreError) -> [Connection] {
        try await find(Self.afterID, [.bytes(id?.bytes ?? []), .integer(Int64(limit))])
    }

    package func isConnected(
        account: String,
        upstream: String,
        byAnotherThan userID: UserID
    ) async throws(StoreError) -> Bool {
        let key = ConnectionTexts.accountKey(account, at: upstream, seal)
        return try await !database.run(Self.otherOwner, [.bytes(key), .id(userID)]).isEmpty
    }

    // A user has few connections at an upstream. Their names are sealed, so the choice among them is made here; it
    // changes nothing.
    package func credential(
        for userID: UserID,
        upstream: String,
        preferred: [ConnectionID],
        account: String?
    ) async throws(StoreError) -> Connection? {
        let found = try await database.run(
            Self.ofUserAtUpstream,
            [.id(userID), seal.upstream(upstream)]
        )
        var candidates: [(connection: Connection, isDefault: Bool)] = []
        for row in found {
            let connection = try rows.connection(row)
            if let account, !account.hasSameBytes(as: connection.account), account != connection.accountName {
                continue
            }
            candidates.append((connection, try row.boolean(ConnectionRow.columnCount)))
        }
        // A named account may be connected twice under one name; then the choice among all accounts says nothing.
        let chosen = account == nil ? candidates.first(where: \.isDefault) : nil
        let preferred = candidates.first { preferred.contains($0.connection.id) }
        let connection = (chosen ?? preferred ?? candidates.first)?.connection
        if let connection { uses.learn(connection.id, usedAt: connection.usedAt) }
        return connection
    }
}
