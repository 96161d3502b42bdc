package import OAuthProtocol
package import OAuthState

/// Logins, use and choice of connections.
extension PostgreSQLVault {
    /// Waits for others that change the set of a user's connections.
    static let lockUser = SQLStatement("SELECT 1::bigint FROM users WHERE id = $1 FOR UPDATE")

    // VR-8: a refresh token is bound to the client that it was issued to: another client's is not carried over. Neither
    // is one that the provider has ended (statuses 2 and 3). As ClientBinding has it, a client id alone, as earlier
    // versions stored it, continues as that client at one server.
    private static func carried(_ column: String) -> String {
        """
        COALESCE(excluded.\(column), CASE
            WHEN c.status NOT IN (2, 3) AND (
                c.upstream_client_id = excluded.upstream_client_id
                OR (
                    cardinality(string_to_array(excluded.upstream_client_id, ' ')) = 2
                    AND split_part(excluded.upstream_client_id, ' ', 1) = c.upstream_client_id
                )
            ) THEN c.\(column)
        END)
        """
    }

    private static let keep = SQLStatement(
        """
        INSERT INTO connections AS c (
            id, user_id, account_key, upstream, account, account_name, scopes,
            access_token, refresh_token, id_token, token_fields, access_token_expiry, upstream_client_id,
            status, obtained_at, version, accepted_claims
        )
        SELECT $1, u.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, 1, $16::bytea
        FROM users u
        WHERE u.id = $2 AND (
            (SELECT count(*) FROM connections WHERE user_id = $2) < $15
            OR EXISTS (SELECT 1 FROM connections WHERE user_id = $2 AND account_key = $3)
        )
        ON CONFLICT (account_key, user_id) DO UPDATE
        SET account_name = COALESCE(excluded.account_name, c.account_name),
            scopes = excluded.scopes,
            accepted_claims = COALESCE(excluded.accepted_claims, c.accepted_claims),
            access_token = excluded.access_token,
            refresh_token = \(carried("refresh_token")),
            id_token = \(carried("id_token")),
            token_fields = \(carried("token_fields")),
            access_token_expiry = excluded.access_token_expiry,
            upstream_client_id = excluded.upstream_client_id,
            status = 0,
            reason = NULL,
            obtained_at = excluded.obtained_at,
            refreshed_at = NULL,
            postponed_until = 0,
            version = (c.version + 1) & 4294967295
        RETURNING 1::bigint
        """
    )
    private static let keepSession = SQLStatement(
        """
        INSERT INTO connection_sessions AS s (connection_id, session_id, sid_key, entry)
        SELECT c.id, $3, $4, $5 FROM connections c WHERE c.user_id = $1 AND c.account_key = $2
        ON CONFLICT (connection_id, session_id) DO UPDATE
        SET sid_key = excluded.sid_key, entry = excluded.entry, place = excluded.place
        """
    )
    private static let dropOldSessions = SQLStatement(
        """
        DELETE FROM connection_sessions s USING connections c
        WHERE c.user_id = $1 AND c.account_key = $2 AND s.connection_id = c.id AND s.place <= (
            SELECT o.place FROM connection_sessions o WHERE o.connection_id = c.id
            ORDER BY o.place DESC OFFSET $3 LIMIT 1
        )
        """
    )
    private static let ofAccountOfUser = SQLStatement(
        "SELECT \(ConnectionRow.columns) FROM connections c WHERE c.user_id = $1 AND c.account_key = $2"
    )

    package func store(
        _ draft: ConnectionDraft,
        candidate: ConnectionID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome> {
        let texts = ConnectionTexts(
            opener: opener,
            userID: draft.userID,
            upstream: draft.upstream,
            account: draft.account
        )
        let account: [SQLValue] = [.id(draft.userID), .bytes(texts.accountKey)]
        var calls = [
            SQLCall(Self.lockUser, [.id(draft.userID)]),
            SQLCall(Self.keep, try parameters(draft, texts, candidate: candidate, now: now)),
        ]
        if let session = draft.providerSession {
            let parameters: [SQLValue] = [
                .id(session.sessionID), ProviderSessionEntry.key(session.id, seal),
                .bytes(try ProviderSessionEntry.sealed(session, seal)),
            ]
            calls.append(SQLCall(Self.keepSession, account + parameters))
            calls.append(
                SQLCall(Self.dropOldSessions, account + [.integer(Int64(Connection.providerSessionCountMax))])
            )
        }
        calls.append(SQLCall(Self.ofAccountOfUser, account))
        let results = try await database.run(calls)
        guard results.count == calls.count, let found = results.last else { throw .unavailable }
        guard !results[0].isEmpty else { return Receipt(.superseded(nil)) }
        guard !results[1].isEmpty else { return Receipt(.full) }
        guard let row = found.first else { throw .outcomeUnknown }
        return Receipt(.stored(try rows.connection(row)))
    }

    private func parameters(
        _ draft: ConnectionDraft,
        _ texts: ConnectionTexts,
        candidate: ConnectionID,
        now: Timestamp
    ) throws(StoreError) -> [SQLValue] {
        [
            .id(candidate), .id(draft.userID), .bytes(texts.accountKey),
            seal.upstream(draft.upstream),
            try texts.sealed(account: draft.account, at: draft.upstream),
            try texts.sealed(accountName: draft.accountName),
            try texts.sealed(scopes: draft.scopes),
        ] + draft.tokens.columns + [
            .time(draft.accessTokenExpiry), .text(draft.upstreamClientID), .time(now),
            .integer(Int64(limits.connectionsPerUserMax)), try texts.sealed(acceptedClaims: draft.acceptedClaims),
        ]
    }

    // MARK: - Choice and use

    private static let lockConnection = SQLStatement(
        "SELECT 1::bigint FROM connections WHERE id = $1 AND user_id = $2 FOR UPDATE"
    )
    private static let choose = SQLStatement(
        """
        INSERT INTO default_connections (user_id, upstream, connection_id)
        SELECT user_id, upstream, id FROM connections WHERE id = $1 AND user_id = $2
        ON CONFLICT (user_id, upstream) DO UPDATE SET connection_id = excluded.connection_id
        RETURNING 1::bigint
        """
    )

    package func useByDefault(_ id: ConnectionID, of userID: UserID) async throws(StoreError) -> Receipt<Bool> {
        let parameters: [SQLValue] = [.id(id), .id(userID)]
        let results = try await database.run([
            SQLCall(Self.lockConnection, parameters), SQLCall(Self.choose, parameters),
        ])
        return Receipt(results.last.map { !$0.isEmpty } ?? false)
    }

    // A connection that left the schedule of refreshes because it was not used comes back.
    private static let noteUse = SQLStatement(
        """
        UPDATE connections
        SET used_at = $2,
            postponed_until = CASE WHEN postponed_until = \(Self.parked) THEN 0 ELSE postponed_until END
        WHERE id = $1 AND (used_at IS NULL OR used_at <= $2::bigint - 3600000)
        """
    )
    /// The time until which an unused connection is postponed: for ever.
    static let parked = Int64.max

    package func touch(_ id: ConnectionID, now: Timestamp) async {
        guard uses.isDue(id, now: now) else { return }
        do throws(StoreError) {
            _ = try await database.run(Self.noteUse, [.id(id), .time(now)])
        } catch {
            // Nothing depends on it; the next use notes it.
            uses.learn(id, usedAt: nil)
        }
    }
}

extension SealedTokens {
    /// The four columns of tokens.
    var columns: [SQLValue] {
        [.bytes(accessToken), .init(refreshToken), .init(idToken), .init(fields)]
    }
}

extension SQLValue {
    /// Bytes, or null.
    init(_ bytes: [UInt8]?) {
        self = bytes.map(SQLValue.bytes) ?? .null
    }

    /// A text, or null.
    init(_ text: String?) {
        self = text.map(SQLValue.text) ?? .null
    }
}
