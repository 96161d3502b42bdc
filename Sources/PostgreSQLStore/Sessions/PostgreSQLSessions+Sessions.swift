package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// Sessions: those that begin without a code, lookups, and single endings.
extension PostgreSQLSessions {
    // MARK: - Federated sessions

    package func start(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<StoreAdmission> {
        let clientID = session.clientID
        let rows = try await database.run(
            Self.start,
            [
                .time(now),
                place.counts.known(.sessions, max: limits.sessionsMax),
                .count(limits.sessionsMax),
                .count(limits.sessionsPerUserAndClientMax),
                .duration(policy.refreshTokenLifetime(of: clientID)),
                .duration(policy.accessTokenLifetime(of: clientID)),
            ] + (try values(of: session))
        )
        let row = try Self.only(rows)
        guard try row.boolean(0) else { return Receipt(.full) }
        place.counts.noteAdded(.sessions)
        let ended = try SessionRow.optional(row, at: 1)?.session(place.opener)
        return Receipt(.admitted, reversal: { await withdraw(session, inPlaceOf: ended) })
    }

    private static let start = SQLStatement(
        """
        WITH owner AS MATERIALIZED (
            SELECT $8::bytea AS user_id, $9::bytea AS client
        ), idle AS MATERIALIZED (
            \(longestIdle(of: "owner", max: "$4", refresh: "$5", access: "$6"))
        ), verdict AS MATERIALIZED (
            SELECT \(CountedTable.sessions.count(known: "$2", at: "$1")) < $3::bigint
                OR EXISTS (SELECT 1 FROM idle) AS admitted
            FROM (SELECT $1::bigint) AS at (moment)
        ), evicted AS (
            DELETE FROM sessions e USING idle i, verdict v WHERE e.id = i.id AND v.admitted
            RETURNING \(SessionRow.columns(of: "e")), e.user_id
        ), \(PostgreSQLEndings.noting("evicted")), made AS (
            INSERT INTO sessions (\(insertedColumns))
            SELECT \(insertedValues(from: 7)) FROM verdict v WHERE v.admitted
        )
        SELECT v.admitted, \(SessionRow.columns(of: "e")) FROM verdict v LEFT JOIN evicted e ON true
        """
    )

    /// Takes back a session whose tokens never left; the one that ended for it lives on.
    private func withdraw(_ session: Session, inPlaceOf ended: Session?) async {
        var call = SQLCall(Self.removal, [.id(session.id)])
        do throws(StoreError) {
            if let ended { call = SQLCall(Self.replacement, [.id(session.id)] + (try values(of: ended))) }
        } catch {
            // Without a seal the session that ended cannot be written; the other one is gone all the same.
        }
        await place.reversals.run([call])
    }

    static let removal = SQLStatement("DELETE FROM sessions WHERE id = $1::bytea")

    private static let replacement = SQLStatement(
        """
        WITH gone AS (
            DELETE FROM sessions WHERE id = $1::bytea RETURNING id
        ), revived AS (
            INSERT INTO sessions (\(insertedColumns)) SELECT \(insertedValues(from: 2)) FROM gone
            ON CONFLICT (id) DO NOTHING RETURNING id, user_id
        )
        \(PostgreSQLEndings.forgetting("revived"))
        """
    )

    // MARK: - Lookups

    package func session(_ id: SessionID, now: Timestamp) async throws(StoreError) -> Session? {
        guard let row = try await database.run(Self.lookup, [.time(now), .id(id)]).first else { return nil }
        return try session(row)
    }

    private static let lookup = SQLStatement(
        """
        SELECT \(SessionRow.columns) FROM sessions s WHERE s.id = $2::bytea AND \(SessionRow.isUsable("s", at: "$1"))
        """
    )

    package func sessions(of userID: UserID, now: Timestamp) async throws(StoreError) -> [Session] {
        try sessions(in: try await database.run(Self.ofUser, [.time(now), .id(userID)]))
    }

    private static let ofUser = SQLStatement(
        """
        SELECT \(SessionRow.columns) FROM sessions s
        WHERE s.user_id = $2::bytea AND \(SessionRow.isUsable("s", at: "$1"))
        """
    )

    private func sessions(in rows: [SQLRow]) throws(StoreError) -> [Session] {
        var sessions: [Session] = []
        for row in rows { sessions.append(try session(row)) }
        return sessions
    }

    /// Live sessions after an id in the order of ids, at most `limit`: of a user, or all.
    package func liveSessions(
        of userID: UserID?,
        after id: SessionID?,
        limit: Int,
        now: Timestamp
    ) async throws(StoreError) -> [Session] {
        let rows = try await database.run(Self.page, [.time(now), .id(userID), .id(id), .count(limit)])
        return try sessions(in: rows)
    }

    private static let page = SQLStatement(
        """
        SELECT \(SessionRow.columns) FROM sessions s
        WHERE ($2::bytea IS NULL OR s.user_id = $2::bytea) AND ($3::bytea IS NULL OR s.id > $3::bytea)
            AND \(SessionRow.isUsable("s", at: "$1"))
        ORDER BY s.id LIMIT $4::bigint
        """
    )

    package func awaited(among connections: Set<ConnectionID>) async throws(StoreError) -> Set<ConnectionID> {
        guard !connections.isEmpty else { return [] }
        var found: Set<ConnectionID> = []
        for row in try await database.run(Self.awaited, [.ids(connections)]) { found.insert(try row.id(0)) }
        return found
    }

    private static let awaited = SQLStatement(
        """
        SELECT used.id FROM logins l, unnest(l.connections) AS used (id)
        WHERE l.connections && $1::bytea[] AND (NOT l.ended OR l.stage = 2) AND used.id = ANY($1::bytea[])
        UNION
        SELECT used.id FROM codes c, unnest(c.connections) AS used (id)
        WHERE c.connections && $1::bytea[] AND NOT c.redeemed AND NOT c.ended AND used.id = ANY($1::bytea[])
        """
    )

    // MARK: - Endings

    package func revoke(_ id: SessionID) async throws(StoreError) -> Receipt<Session?> {
        let row = try await database.run(Self.revocation, [.id(id)]).first
        return Receipt(try row.map { (row) throws(StoreError) in try session(row) })
    }

    private static let revocation = SQLStatement(
        """
        WITH gone AS (
            DELETE FROM sessions s WHERE s.id = $1::bytea RETURNING \(SessionRow.columns), s.user_id
        ), \(PostgreSQLEndings.noting("gone"))
        SELECT \(SessionRow.columns(of: "gone")) FROM gone
        """
    )

    package func revoke(_ id: SessionID, for clientID: String) async throws(StoreError) -> Receipt<SessionRevocation> {
        let rows = try await database.run(Self.ownRevocation, [.id(id), seal.client(clientID)])
        guard let row = rows.first else { return Receipt(.unknown) }
        guard try row.boolean(SessionRow.columnCount) else { return Receipt(.wrongClient) }
        return Receipt(.revoked(try session(row)))
    }

    private static let ownRevocation = SQLStatement(
        """
        WITH held AS MATERIALIZED (
            SELECT * FROM sessions WHERE id = $1::bytea FOR UPDATE
        ), gone AS (
            DELETE FROM sessions s USING held h WHERE s.id = h.id AND h.client = $2::bytea
            RETURNING s.id, s.user_id, s.body
        ), \(PostgreSQLEndings.noting("gone"))
        SELECT \(SessionRow.columns(of: "h")), h.client = $2::bytea FROM held h
        """
    )

    package func end(_ ending: SessionEnding) async throws(StoreError) -> Receipt<Int> {
        let named: [SQLValue] = [
            .ids(ending.sessions), .ids(ending.connections), ending.clientID.map { seal.client($0) } ?? .null,
        ]
        // In the order in which a login becomes a code, and a code a session, each with a view of its own: what one
        // step waited for and missed because it became the next thing, the next step finds.
        let results = try await database.run([
            SQLCall(Self.endOfLogins, named), SQLCall(Self.endOfCodes, named), SQLCall(Self.endOfSessions, named),
        ])
        return Receipt(Int(try Self.only(results.last ?? []).integer(0)))
    }

    /// The logins and codes that an ending names, by their session or by one of their connections.
    private static let isNamed = """
        (session_id = ANY($1::bytea[]) OR (connections && $2::bytea[] AND ($3::bytea IS NULL OR client = $3::bytea)))
        """

    private static let endOfLogins = SQLStatement("UPDATE logins SET ended = true WHERE NOT ended AND \(isNamed)")

    private static let endOfCodes = SQLStatement("UPDATE codes SET ended = true WHERE NOT ended AND \(isNamed)")

    // Redeemed codes too: a session that was created since the caller looked is found by its code.
    private static let endOfSessions = SQLStatement(
        """
        WITH gone AS (
            DELETE FROM sessions s
            WHERE s.id = ANY(ARRAY(
                SELECT unnest($1::bytea[]) UNION SELECT session_id FROM codes WHERE ended AND \(isNamed)
            ))
            RETURNING s.id, s.user_id, s.body
        ), \(PostgreSQLEndings.noting("gone"))
        SELECT count(*) FROM gone
        """
    )
}
