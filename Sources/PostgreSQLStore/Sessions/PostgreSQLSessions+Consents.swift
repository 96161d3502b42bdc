package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// CO-1, FD-10: approvals that users need not repeat, until they expire or are withdrawn.
extension PostgreSQLSessions {
    private static let consentTable = "consents"

    package func rememberConsent(_ consent: RememberedConsent) async throws(StoreError) -> Receipt<StoreAdmission> {
        let max = limits.consentsMax
        let rows = try await database.run(
            Self.remembering,
            try values(of: consent) + [place.counts.known(.consents, max: max), .count(max)]
        )
        guard try Self.only(rows).integer(0) > 0 else { return Receipt(.full) }
        place.counts.noteAdded(.consents)
        return Receipt(.admitted)
    }

    static let consentColumns = "key, user_id, client, given_at, body"
    /// The parameters of a new row, in the order of ``consentColumns``.
    static let consentValues = "$1::bytea, $2::bytea, $3::bytea, $4::bigint, $5::bytea"

    func values(of consent: RememberedConsent) throws(StoreError) -> [SQLValue] {
        [
            .digest(consent.key),
            .id(consent.userID),
            seal.client(consent.clientID),
            .time(consent.givenAt),
            .bytes(try seal.seal(consent, table: Self.consentTable, identity: consent.key.bytes)),
        ]
    }

    private static let remembering = SQLStatement(
        """
        WITH kept AS (
            INSERT INTO consents (\(consentColumns))
            SELECT \(consentValues)
            WHERE EXISTS (SELECT 1 FROM consents WHERE key = $1::bytea)
                OR \(CountedTable.consents.count(known: "$6", at: "$4")) < $7::bigint
            ON CONFLICT (key) DO UPDATE SET user_id = excluded.user_id, client = excluded.client,
                given_at = excluded.given_at, body = excluded.body
            RETURNING key
        )
        SELECT count(*) FROM kept
        """
    )

    package func hasConsent(_ key: SHA256Digest, now: Timestamp) async throws(StoreError) -> Bool {
        let rows = try await database.run(Self.presence, [.digest(key), .time(now - policy.consentLifetime)])
        return !rows.isEmpty
    }

    private static let presence = SQLStatement(
        "SELECT given_at FROM consents WHERE key = $1::bytea AND given_at > $2::bigint"
    )

    package func consents(of userID: UserID, now: Timestamp) async throws(StoreError) -> [RememberedConsent] {
        try consents(
            in: try await database.run(Self.consentsOfUser, [.id(userID), .time(now - policy.consentLifetime)])
        )
    }

    private static let consentsOfUser = SQLStatement(
        "SELECT key, body FROM consents WHERE user_id = $1::bytea AND given_at > $2::bigint"
    )

    private func consents(in rows: [SQLRow]) throws(StoreError) -> [RememberedConsent] {
        var consents: [RememberedConsent] = []
        for row in rows { consents.append(try consent(row)) }
        return consents
    }

    /// The consent of a row of its key and its body.
    func consent(_ row: SQLRow) throws(StoreError) -> RememberedConsent {
        let (key, body) = (try row.bytes(0), try row.bytes(1))
        return try place.opener.open(RememberedConsent.self, body, table: Self.consentTable, identity: key)
    }

    /// Remembered consents after a key in the order of keys, at most `limit`: of a user, or all.
    package func liveConsents(
        of userID: UserID?,
        after key: SHA256Digest?,
        limit: Int,
        now: Timestamp
    ) async throws(StoreError) -> [RememberedConsent] {
        try consents(
            in: try await database.run(
                Self.pageOfConsents,
                [.id(userID), .time(now - policy.consentLifetime), .digest(key), .count(limit)]
            )
        )
    }

    private static let pageOfConsents = SQLStatement(
        """
        SELECT key, body FROM consents
        WHERE ($1::bytea IS NULL OR user_id = $1::bytea) AND given_at > $2::bigint
            AND ($3::bytea IS NULL OR key > $3::bytea)
        ORDER BY key LIMIT $4::bigint
        """
    )

    package func withdraw(_ withdrawal: ConsentWithdrawal) async throws(StoreError) -> Receipt<Int> {
        let rows = try await database.run(
            Self.withdrawal,
            [
                .id(withdrawal.userID), withdrawal.clientID.map { seal.client($0) } ?? .null, .digest(withdrawal.key),
            ]
        )
        return Receipt(Int(try Self.only(rows).integer(0)))
    }

    private static let withdrawal = SQLStatement(
        """
        WITH gone AS (
            DELETE FROM consents
            WHERE user_id = $1::bytea AND ($2::bytea IS NULL OR client = $2::bytea)
                AND ($3::bytea IS NULL OR key = $3::bytea)
            RETURNING key
        )
        SELECT count(*) FROM gone
        """
    )
}
