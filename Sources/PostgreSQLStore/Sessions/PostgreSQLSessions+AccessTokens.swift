package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// RFC 7009: single access tokens that are refused before they expire.
extension PostgreSQLSessions {
    package func revokeAccessToken(
        _ token: AccessTokenReference,
        expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AccessTokenRevocation> {
        let (max, ofSessionsMax) = (limits.revokedAccessTokensMax, limits.revokedAccessTokensOfSessionsMax)
        let ended = try EndedTokenEntry(token).map { (ended) throws(StoreError) in
            SQLValue.bytes(
                try seal.seal(ended, table: PostgreSQLEndings.table, identity: token.tokenID.bytes)
            )
        }
        let rows = try await database.run(
            Self.revocationOfToken,
            [
                .digest(token.tokenID),
                .id(token.sessionID),
                .time(expiry),
                .time(now),
                place.counts.known(.revokedTokens, max: max),
                .count(max),
                place.counts.known(.revokedTokensOfSessions, max: ofSessionsMax),
                .count(ofSessionsMax),
                .count(limits.revokedAccessTokensPerSessionMax),
                ended ?? .null,
                .time(expiry + Ending.skew),
            ]
        )
        let row = try Self.only(rows)
        switch try row.text(0) {
        case "ended": return Receipt(.sessionEnded(try session(row, at: 1)))
        case "full": return Receipt(.full)
        case "added":
            place.counts.noteAdded(.revokedTokens)
            if token.sessionID != nil { place.counts.noteAdded(.revokedTokensOfSessions) }
        default: break
        }
        return Receipt(.revoked)
    }

    // D-80: a client that refreshes and revokes in a loop must not fill the table. An answer of success must be true,
    // so the session ends with the token where there is no room.
    private static let revocationOfToken = SQLStatement(
        """
        WITH held AS MATERIALIZED (
            SELECT * FROM sessions WHERE id = $2::bytea FOR UPDATE
        ), verdict AS MATERIALIZED (
            SELECT CASE
                WHEN EXISTS (SELECT 1 FROM revoked_tokens WHERE token = $1::bytea) THEN 'known'
                WHEN $2::bytea IS NULL THEN CASE WHEN room.count >= $6::bigint THEN 'full' ELSE 'added' END
                WHEN NOT EXISTS (SELECT 1 FROM held) THEN 'known'
                WHEN room.count >= $6::bigint
                    OR \(CountedTable.revokedTokensOfSessions.count(known: "$7", at: "$4")) >= $8::bigint
                    OR (SELECT count(*) FROM revoked_tokens WHERE session_id = $2::bytea AND expiry > $4::bigint)
                        >= $9::bigint
                    THEN 'ended'
                ELSE 'added' END AS outcome
            FROM (SELECT \(CountedTable.revokedTokens.count(known: "$5", at: "$4"))) AS room (count)
        ), gone AS (
            DELETE FROM sessions s USING verdict v WHERE s.id = $2::bytea AND v.outcome = 'ended'
            RETURNING s.id, s.user_id, s.body
        ), \(PostgreSQLEndings.noting("gone")), added AS (
            INSERT INTO revoked_tokens (token, session_id, expiry)
            SELECT $1::bytea, $2::bytea, $3::bigint FROM verdict v WHERE v.outcome = 'added'
            ON CONFLICT (token) DO NOTHING
        ), noted AS (
            INSERT INTO session_endings (token, ended_at, expiry, body)
            SELECT $1::bytea, $4::bigint, $11::bigint, $10::bytea FROM verdict v, ending_logs l
            WHERE v.outcome = 'added' AND $10::bytea IS NOT NULL AND l.id = 1 AND l.enabled
        )
        SELECT v.outcome, \(SessionRow.columns(of: "h")) FROM verdict v LEFT JOIN held h ON true
        """
    )

    package func standing(
        of token: AccessTokenReference,
        now: Timestamp
    ) async throws(StoreError) -> AccessTokenStanding {
        let rows = try await database.run(Self.standing, [.time(now), .digest(token.tokenID), .id(token.sessionID)])
        let row = try Self.only(rows)
        guard try !row.boolean(0) else { return .revoked }
        guard token.sessionID != nil else { return .withoutSession }
        guard let found = try SessionRow.optional(row, at: 1) else { return .revoked }
        return .session(try found.session(place.opener))
    }

    private static let standing = SQLStatement(
        """
        SELECT asked.revoked, \(SessionRow.columns)
        FROM (SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE token = $2::bytea)) AS asked (revoked)
        LEFT JOIN sessions s ON s.id = $3::bytea AND \(SessionRow.isUsable("s", at: "$1"))
        """
    )
}
