package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// RFC 6749 §4.1.2 and §4.1.3: issues and redeems codes, each once.
///
/// A code's row has the sealed body of its future session, so that the statement that redeems it makes the session.
extension PostgreSQLSessions {
    private static let codeTable = "codes"
    /// How long after its expiry a redeemed code is remembered, so that its replay revokes the session (TK-6).
    private static let remembrance: Duration = .seconds(600)
    /// The most codes that are remembered for each redeemable one.
    private static let rememberedPerRedeemable = 16

    package func issueCode(
        _ code: SHA256Digest,
        for grant: AuthorizationGrant,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission> {
        let max = limits.authorizationCodesMax
        let expiry = now + policy.authorizationCodeLifetime
        let values: [SQLValue] = [
            .id(grant.login.sessionID),
            .time(now),
            place.counts.known(.redeemableCodes, max: max),
            .count(max),
            place.counts.known(.codes, max: max * Self.rememberedPerRedeemable),
            .count(max * Self.rememberedPerRedeemable),
            seal.source(grant.login.source),
            .digest(code),
            .id(grant.userID),
            seal.client(grant.login.request.clientID),
            seal.resource(grant.login.request.resource),
            seal.scopes(grant.login.request.scopes),
            .ids(grant.login.connections),
            seal.redirectURI(grant.login.request.redirectURI),
            .digest(grant.login.request.codeChallenge.digest),
            .digest(grant.login.request.boundKey?.digest),
            .boolean(grant.issuesRefreshToken),
            .time(expiry),
            .time(expiry + Self.remembrance),
            .bytes(
                try seal.seal(Self.session(of: grant), table: SessionRow.table, identity: grant.login.sessionID.bytes)
            ),
            .bytes(try seal.seal(grant, table: Self.codeTable, identity: code.bytes)),
        ]
        switch try Self.only(try await database.run(Self.issuance, values)).text(0) {
        case "admitted":
            place.counts.noteAdded(.redeemableCodes)
            place.counts.noteAdded(.codes)
            return Receipt(.admitted)
        case "ended": return Receipt(.ended)
        default: return Receipt(.full)
        }
    }

    // Times, generation and key are columns of the session's row, written when the code is redeemed.
    private static func session(of grant: AuthorizationGrant) -> Session {
        let unset = Timestamp(millisecondsSinceEpoch: 0)
        return Session(
            id: grant.login.sessionID,
            userID: grant.userID,
            clientID: grant.login.request.clientID,
            scopes: grant.login.request.scopes,
            resource: grant.login.request.resource,
            connections: grant.login.connections,
            authenticatedAt: grant.login.authenticatedAt,
            absoluteExpiry: unset,
            idleExpiry: unset,
            generation: 0,
            rotatedAt: unset,
            claims: grant.login.claims.isEmpty ? [] : grant.login.claims.serialized()
        )
    }

    private static let issuance = SQLStatement(
        """
        WITH hand AS MATERIALIZED (
            SELECT state, ended FROM logins WHERE session_id = $1::bytea AND stage = 2 FOR UPDATE
        ), room AS MATERIALIZED (
            SELECT \(CountedTable.redeemableCodes.count(known: "$3", at: "$2")) AS redeemable,
                \(CountedTable.codes.count(known: "$5", at: "$2")) AS count
        ), verdict AS MATERIALIZED (
            SELECT CASE
                WHEN EXISTS (SELECT 1 FROM hand WHERE ended) THEN 'ended'
                WHEN room.redeemable < $4::bigint AND \(NetworkShares.admits(
                    .codes, count: "room.count", max: "$6", source: "$7", now: "$2"
                )) THEN 'admitted'
                ELSE 'full' END AS outcome
            FROM room
        ), gone AS (
            DELETE FROM logins l USING hand h, verdict v WHERE l.state = h.state AND v.outcome = 'admitted'
        ), added AS (
            INSERT INTO codes (code, session_id, user_id, client, resource, scopes, connections, source, redirect_uri,
                challenge, bound_key, issues_refresh_token, redeemable_until, failures, redeemed, replayed, ended,
                expiry, session_body, body)
            SELECT $8::bytea, $1::bytea, $9::bytea, $10::bytea, $11::bytea, $12::bytea[], $13::bytea[], $7::bigint,
                $14::bytea, $15::bytea, $16::bytea, $17::boolean, $18::bigint, 0, false, false, false,
                $19::bigint, $20::bytea, $21::bytea
            FROM verdict v WHERE v.outcome = 'admitted'
        )
        SELECT outcome FROM verdict
        """
    )

    // MARK: - Redemption

    package func redeem(
        _ redemption: CodeRedemption,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RedemptionOutcome> {
        let results: [[SQLRow]]
        do throws(StoreError) {
            results = try await database.run([
                SQLCall(Self.redemption, parameters(of: redemption, now: now)),
                // A statement of its own: the session that a racer has just made must be seen.
                SQLCall(Self.endOfReplayed, [.digest(redemption.code)]),
            ])
        } catch {
            if error == .outcomeUnknown { place.reversals.postpone([lostRedemption(redemption, now: now)]) }
            throw error
        }
        guard let row = results.first?.first else { return Receipt(.unknown) }
        switch try row.text(0) {
        case "client": return Receipt(.mismatch(.client))
        case "redirect": return Receipt(.mismatch(.redirectURI))
        case "verifier": return Receipt(.mismatch(.verifier))
        case "resource": return Receipt(.mismatch(.resource))
        case "key": return Receipt(.mismatch(.key))
        case "replayed": return Receipt(.replayed(try row.id(1)))
        case "expired": return Receipt(.expired)
        case "full": return Receipt(.full)
        default: break
        }
        let body = try row.bytes(2)
        let grant = try place.opener.open(
            AuthorizationGrant.self,
            body,
            table: Self.codeTable,
            identity: redemption.code.bytes
        )
        let session = try session(row, at: 3)
        let ended = try SessionRow.optional(row, at: 3 + SessionRow.columnCount)?.session(place.opener)
        place.counts.noteAdded(.sessions)
        return Receipt(
            .redeemed(session, grant),
            reversal: { await unredeem(redemption.code, session, inPlaceOf: ended) }
        )
    }

    private func parameters(of redemption: CodeRedemption, now: Timestamp) -> [SQLValue] {
        let clientID = redemption.clientID
        return [
            .digest(redemption.code),
            seal.client(clientID),
            redemption.redirectURI.map { seal.redirectURI($0) } ?? .null,
            .digest(redemption.challenge.digest),
            redemption.resource.map { seal.resource($0) } ?? .null,
            .digest(redemption.key?.digest),
            .boolean(redemption.bindsSession),
            .time(now),
            place.counts.known(.sessions, max: limits.sessionsMax),
            .count(limits.sessionsMax),
            .count(limits.sessionsPerUserAndClientMax),
            .duration(policy.refreshTokenLifetime(of: clientID)),
            .duration(policy.accessTokenLifetime(of: clientID)),
            .time(now + policy.sessionLifetime(of: clientID)),
            .time(now + policy.refreshTokenLifetime(of: clientID)),
            .time(now + policy.accessTokenLifetime(of: clientID)),
            .count(limits.codeFailuresMax),
        ]
    }

    private static let redemption = SQLStatement(
        """
        WITH held AS MATERIALIZED (
            SELECT * FROM codes WHERE code = $1::bytea AND NOT ended AND expiry > $8::bigint FOR UPDATE
        ), idle AS MATERIALIZED (
            \(longestIdle(of: "held", max: "$11", refresh: "$12", access: "$13"))
        ), room AS MATERIALIZED (
            SELECT \(CountedTable.sessions.count(known: "$9", at: "$8")) AS count
        ), judged AS MATERIALIZED (
            SELECT h.*, CASE
                WHEN h.client <> $2::bytea THEN 'client'
                WHEN h.redirect_uri <> $3::bytea THEN 'redirect'
                WHEN h.challenge <> $4::bytea THEN 'verifier'
                WHEN h.resource <> $5::bytea THEN 'resource'
                WHEN h.bound_key <> $6::bytea OR h.bound_key IS NOT NULL AND $6::bytea IS NULL THEN 'key'
                WHEN h.redeemed THEN 'replayed'
                WHEN h.redeemable_until <= $8::bigint THEN 'expired'
                WHEN room.count >= $10::bigint AND NOT EXISTS (SELECT 1 FROM idle) THEN 'full'
                ELSE 'redeemed' END AS outcome
            FROM held h, room
        ), burnt AS (
            DELETE FROM codes c USING judged j
            WHERE c.code = j.code AND NOT j.redeemed AND j.failures + 1 >= $17::bigint
                AND j.outcome IN ('client', 'redirect', 'verifier', 'resource', 'key')
        ), failed AS (
            UPDATE codes c SET failures = j.failures + 1 FROM judged j
            WHERE c.code = j.code AND NOT j.redeemed AND j.failures + 1 < $17::bigint
                AND j.outcome IN ('client', 'redirect', 'verifier', 'resource', 'key')
        ), used AS (
            UPDATE codes c SET redeemed = true, replayed = (j.outcome = 'replayed') FROM judged j
            WHERE c.code = j.code AND j.outcome IN ('redeemed', 'replayed')
        ), evicted AS (
            DELETE FROM sessions e USING idle i, judged j WHERE e.id = i.id AND j.outcome = 'redeemed'
            RETURNING \(SessionRow.columns(of: "e")), e.user_id
        ), \(PostgreSQLEndings.noting("evicted")), made AS (
            INSERT INTO sessions (\(insertedColumns))
            SELECT j.session_id, j.user_id, j.client, j.resource, j.scopes, j.connections, $14::bigint,
                CASE WHEN j.issues_refresh_token THEN $15::bigint ELSE $16::bigint END,
                CASE WHEN j.issues_refresh_token THEN 1 ELSE 0 END, $8::bigint, NULL, NULL,
                CASE WHEN $7::boolean THEN $6::bytea END, NULL, NULL, NULL, j.session_body,
                LEAST($14::bigint, CASE WHEN j.issues_refresh_token THEN $15::bigint ELSE $16::bigint END), 0
            FROM judged j WHERE j.outcome = 'redeemed'
            RETURNING \(SessionRow.columns(of: "sessions"))
        )
        SELECT j.outcome, j.session_id, j.body, \(SessionRow.columns(of: "m")), \(SessionRow.columns(of: "e"))
        FROM judged j LEFT JOIN made m ON true LEFT JOIN evicted e ON true
        """
    )

    private static let endOfReplayed = SQLStatement(
        """
        WITH gone AS (
            DELETE FROM sessions s USING codes c
            WHERE c.code = $1::bytea AND c.replayed AND s.id = c.session_id
            RETURNING s.id, s.user_id, s.body
        ), \(PostgreSQLEndings.noting("gone"))
        SELECT count(*) FROM gone
        """
    )

    /// A query for the session that ends so that a user has no more than the bound of them with a client; nothing below
    /// the bound.
    ///
    /// - Parameters:
    ///   - source: A table with the columns `user_id` and `client`.
    ///   - max: A parameter of the bound.
    ///   - refresh: A parameter of the lifetime of the client's refresh tokens.
    ///   - access: A parameter of the lifetime of its access tokens, for sessions without refresh token.
    /// - Returns: The query; its only column is the session's id.
    static func longestIdle(of source: String, max: String, refresh: String, access: String) -> String {
        """
        SELECT s.id FROM sessions s, \(source) o
        WHERE s.user_id = o.user_id AND s.client = o.client
            AND (SELECT count(*) FROM sessions t WHERE t.user_id = o.user_id AND t.client = o.client) >= \(max)::bigint
        ORDER BY s.idle_expiry - CASE WHEN s.generation > 0 THEN \(refresh)::bigint ELSE \(access)::bigint END
        LIMIT 1
        """
    }

    /// Takes back a redemption whose answer never left, so that the code can be used again; the session that ended for
    /// it lives on.
    ///
    /// Nothing happens if the session has changed: a replay has ended it, and it remains ended (TK-6).
    private func unredeem(_ code: SHA256Digest, _ session: Session, inPlaceOf ended: Session?) async {
        let values = [SQLValue.digest(code)] + unchangedValues(of: session)
        var call = SQLCall(Self.unredemption, values)
        do throws(StoreError) {
            if let ended { call = SQLCall(Self.unredemptionWithRestoration, values + (try self.values(of: ended))) }
        } catch {
            // Without a seal the session that ended cannot be written; the code is usable again all the same.
        }
        await place.reversals.run([call])
    }

    private static let takingBack = """
        WITH held AS MATERIALIZED (
            SELECT code FROM codes WHERE code = $1::bytea AND redeemed FOR UPDATE
        ), gone AS (
            DELETE FROM sessions s USING held WHERE \(isUnchanged(from: 2))
            RETURNING s.id
        )
        """
    private static let makingUsable = "UPDATE codes c SET redeemed = false FROM gone WHERE c.code = $1::bytea"

    private static let unredemption = SQLStatement("\(takingBack) \(makingUsable)")

    // Only when the redemption is taken back by this very statement: made a second time, it would revive a session that
    // the user has ended since.
    private static let unredemptionWithRestoration = SQLStatement(
        """
        \(takingBack), usable AS (
            \(makingUsable) RETURNING c.code
        ), revived AS (
            INSERT INTO sessions (\(insertedColumns)) SELECT \(insertedValues(from: 9)) FROM usable
            ON CONFLICT (id) DO NOTHING RETURNING id, user_id
        )
        \(PostgreSQLEndings.forgetting("revived"))
        """
    )

    /// Takes back a redemption whose outcome is unknown: its client has no answer, and tries the code again.
    private func lostRedemption(_ redemption: CodeRedemption, now: Timestamp) -> SQLCall {
        let clientID = redemption.clientID
        return SQLCall(
            Self.lostRedemption,
            [
                .digest(redemption.code),
                .time(now),
                .time(now + policy.refreshTokenLifetime(of: clientID)),
                .time(now + policy.accessTokenLifetime(of: clientID)),
            ]
        )
    }

    private static let lostRedemption = SQLStatement(
        """
        WITH held AS MATERIALIZED (
            SELECT code, session_id FROM codes WHERE code = $1::bytea AND redeemed AND NOT replayed FOR UPDATE
        ), gone AS (
            DELETE FROM sessions s USING held h
            WHERE s.id = h.session_id AND s.rotated_at = $2::bigint AND s.generation <= 1
                AND s.idle_expiry IN ($3::bigint, $4::bigint)
            RETURNING s.id
        )
        UPDATE codes c SET redeemed = false FROM gone WHERE c.code = $1::bytea
        """
    )
}
