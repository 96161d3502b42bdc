package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Sessions of agents, which begin with a token that a user, or a user's client, made.
extension PostgreSQLSessions {
    package func startAgent(_ session: Session, now: Timestamp) async throws(StoreError) -> Receipt<AgentAdmission> {
        let results = try await database.run([
            // Those that have ended with their parent take no place, and the count after this does not see them.
            SQLCall(Self.endOfOrphans, [.time(now), .id(session.userID)]),
            SQLCall(
                Self.startOfAgent,
                [
                    .time(now),
                    place.counts.known(.sessions, max: limits.sessionsMax),
                    .count(limits.sessionsMax),
                    .count(limits.agentsPerUserMax),
                ] + (try values(of: session))
            ),
        ])
        switch try Self.only(results.last ?? []).text(0) {
        case "admitted": break
        case "ended": return Receipt(.parentEnded)
        default: return Receipt(.full)
        }
        place.counts.noteAdded(.sessions)
        return Receipt(.admitted, reversal: { await place.reversals.run([SQLCall(Self.removal, [.id(session.id)])]) })
    }

    private static let endOfOrphans = SQLStatement(
        """
        WITH gone AS (
            DELETE FROM sessions s WHERE s.user_id = $2::bytea AND s.parent_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM sessions p WHERE p.id = s.parent_id AND \(SessionRow.isLive("p", at: "$1"))
            )
            RETURNING s.id, s.user_id, s.body
        ), \(PostgreSQLEndings.noting("gone"))
        SELECT count(*) FROM gone
        """
    )

    // $5 is the session's id, $6 its user, $19 its parent: the values of a new row begin at 5.
    private static let startOfAgent = SQLStatement(
        """
        WITH verdict AS MATERIALIZED (
            SELECT CASE
                WHEN $19::bytea IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM sessions p WHERE p.id = $19::bytea AND p.user_id = $6::bytea
                        AND p.token_hash IS NULL AND \(SessionRow.isLive("p", at: "$1"))
                ) THEN 'ended'
                WHEN \(CountedTable.sessions.count(known: "$2", at: "$1")) >= $3::bigint THEN 'full'
                WHEN (SELECT count(*) FROM sessions s WHERE s.user_id = $6::bytea AND s.token_hash IS NOT NULL
                        AND \(SessionRow.isUsable("s", at: "$1"))) >= $4::bigint THEN 'full'
                ELSE 'admitted' END AS outcome
        ), made AS (
            INSERT INTO sessions (\(insertedColumns))
            SELECT \(insertedValues(from: 5)) FROM verdict v WHERE v.outcome = 'admitted'
        )
        SELECT outcome FROM verdict
        """
    )

    package func useAgent(
        _ tokenHash: SHA256Digest,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AgentUse> {
        let conditions = try await resolving(conditions, forAgent: tokenHash)
        let parameters = [.time(now), .digest(tokenHash)] + Self.parameters(of: conditions, seal)
        guard let row = try await database.run(Self.use, parameters).first else { return Receipt(.unknown) }
        let session = try session(row)
        guard try row.isNull(SessionRow.columnCount) else {
            return Receipt(.upstreamEnded(session, try row.id(SessionRow.columnCount)))
        }
        return Receipt(.used(session))
    }

    /// The conditions with the fleets' members that the agent and its parent are for.
    private func resolving(
        _ conditions: RefreshConditions,
        forAgent tokenHash: SHA256Digest
    ) async throws(StoreError) -> RefreshConditions {
        guard !conditions.fleets.isEmpty else { return conditions }
        var resources: [String] = []
        for row in try await database.run(Self.agentAndParent, [.digest(tokenHash)]) {
            resources.append(try session(row).resource)
        }
        return conditions.resolved(for: resources) ?? conditions
    }

    private static let agentAndParent = SQLStatement(
        """
        SELECT \(SessionRow.columns) FROM sessions s WHERE s.token_hash = $1::bytea
            OR s.id = (SELECT a.parent_id FROM sessions a WHERE a.token_hash = $1::bytea)
        """
    )

    // VR-9: the agent may have been given none of the connections that its parent's login needs. The parent ends at its
    // own next refresh, which a client that left its agent alone may never make.
    //
    // Once an hour is precise enough for the time of use.
    private static let use = SQLStatement(
        """
        WITH found AS MATERIALIZED (
            SELECT s.*, COALESCE(
                \(cause(of: "s", from: 3)),
                (SELECT \(cause(of: "p", from: 3)) FROM sessions p WHERE p.id = s.parent_id)
            ) AS cause
            FROM sessions s
            WHERE s.token_hash = $2::bytea AND \(SessionRow.isUsable("s", at: "$1"))
        ), gone AS (
            DELETE FROM sessions s USING found f WHERE s.id = f.id AND f.cause IS NOT NULL
            RETURNING s.id, s.user_id, s.body
        ), \(PostgreSQLEndings.noting("gone")), touched AS (
            UPDATE sessions s SET rotated_at = $1::bigint FROM found f
            WHERE s.id = f.id AND f.cause IS NULL
                AND (f.rotated_at <= f.created_at OR f.rotated_at <= $1::bigint - 3600000)
            RETURNING s.id, s.rotated_at
        )
        SELECT \(columnsAfterUse), f.cause FROM found f LEFT JOIN touched t ON t.id = f.id
        """
    )

    private static let columnsAfterUse = SessionRow.columns(of: "f")
        .split(separator: ", ")
        .map { $0 == "f.rotated_at" ? "COALESCE(t.rotated_at, f.rotated_at)" : String($0) }
        .joined(separator: ", ")
}
