package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// RFC 6749 §6, RFC 9700 §4.14.2 and FD-1: refresh tokens come in families and generations.
extension PostgreSQLSessions {
    package func rotate(
        _ use: RefreshTokenUse,
        under conditions: RefreshConditions,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RotationOutcome> {
        let rows: [SQLRow]
        do throws(StoreError) {
            rows = try await database.run(Self.rotation, parameters(of: use, under: conditions, now: now))
        } catch {
            if error == .outcomeUnknown, use.rotates { place.reversals.postpone([lostRotation(use, now: now)]) }
            throw error
        }
        guard let row = rows.first else { return Receipt(.unknown) }
        let session = try session(row, at: 2)
        let outcome: RotationOutcome
        switch try row.text(0) {
        case "client": outcome = .wrongClient
        case "key": outcome = .wrongKey
        case "expired": outcome = .expired
        case "reused": outcome = .reused(session)
        case "unregistered":
            // Nothing was changed. What a statement cannot know: whether the resource is a member of a fleet.
            guard let resolved = conditions.resolved(for: [session.resource]) else {
                return Receipt(.resourceNotRegistered)
            }
            return try await rotate(use, under: resolved, now: now)
        case "ended": outcome = .upstreamEnded(session, try row.id(2 + SessionRow.columnCount))
        case "scope": outcome = .scopeExceeded
        case "resource": outcome = .resourceExceeded
        case "often": outcome = .repeatedTooOften(until: session.rotatedAt + policy.refreshReuseGrace)
        case "repeated": outcome = repetition(of: session, use)
        case "rotated": outcome = .rotated(session)
        case "ahead": outcome = .caughtUp(session)
        default: throw .unavailable
        }
        switch outcome {
        case .rotated(let session), .caughtUp(let session):
            let wasBound = try row.boolean(1)
            guard use.generation < session.generation || wasBound else { return Receipt(outcome) }
            return Receipt(
                outcome,
                reversal: { await place.reversals.run([unrotation(use, session, wasBound: wasBound)]) }
            )
        default: return Receipt(outcome)
        }
    }

    // FD-1: a client whose answer was lost repeats from where it was.
    private func repetition(of session: Session, _ use: RefreshTokenUse) -> RotationOutcome {
        guard let first = session.rotatedBy, let origin = use.origin, origin.network != first.network,
            origin.agent != first.agent
        else { return .repeated(session) }
        return .repeatedElsewhere(session)
    }

    private func parameters(
        of use: RefreshTokenUse,
        under conditions: RefreshConditions,
        now: Timestamp
    ) -> [SQLValue] {
        [
            .id(use.family),
            .integer(Int64(use.generation)),
            seal.client(use.clientID),
            .boolean(use.rotates),
            use.scopes.map { seal.scopes($0) } ?? .null,
            use.resource.map { seal.resource($0) } ?? .null,
        ] + seal.origin(use.origin) + [
            .digest(use.key?.digest),
            .time(now),
            .time(now - policy.refreshReuseGrace),
            .boolean(policy.reuseNeedsSameNetwork),
            .time(policy.possiblyBehindSince),
            .time(now + policy.refreshTokenLifetime(of: use.clientID)),
        ] + Self.parameters(of: conditions, seal)
    }

    /// Four parameters: the registered resources, the pairs of a resource and an upstream that it needs, and the
    /// connections that the operator no longer accepts.
    static func parameters(of conditions: RefreshConditions, _ seal: RowSeal) -> [SQLValue] {
        var (registered, resources, upstreams): ([[UInt8]], [[UInt8]], [[UInt8]]) = ([], [], [])
        for (resource, needed) in conditions.neededUpstreams {
            let key = seal.index([resource], table: "resources").bytes
            registered.append(key)
            for upstream in needed {
                resources.append(key)
                upstreams.append(seal.index([upstream], table: "upstreams").bytes)
            }
        }
        return [
            .byteStrings(registered), .byteStrings(resources), .byteStrings(upstreams),
            .ids(conditions.refusedConnections),
        ]
    }

    /// The first connection of a session that its provider ended although the session needs it (VR-9), or whose account
    /// the operator no longer accepts (UP-4).
    ///
    /// - Parameters:
    ///   - alias: The session. One whose resource is not registered needs nothing.
    ///   - first: The number of the first parameter of ``parameters(of:_:)``.
    /// - Returns: An expression; null when there is none.
    static func cause(of alias: String, from first: Int) -> String {
        """
        COALESCE((
            SELECT c.id FROM connections c
            WHERE cardinality($\(first + 1)::bytea[]) > 0 AND c.id = ANY(\(alias).connections) AND c.status = 2
                AND EXISTS (
                    SELECT 1 FROM unnest($\(first + 1)::bytea[], $\(first + 2)::bytea[]) AS needs (resource, upstream)
                    WHERE needs.resource = \(alias).resource AND needs.upstream = c.upstream)
            ORDER BY array_position(\(alias).connections, c.id) LIMIT 1
        ), (
            SELECT used.id FROM unnest(\(alias).connections) WITH ORDINALITY AS used (id, place)
            WHERE \(alias).resource = ANY($\(first)::bytea[]) AND used.id = ANY($\(first + 3)::bytea[])
            ORDER BY used.place LIMIT 1
        ))
        """
    }

    private static let rotation = SQLStatement(
        """
        WITH held AS MATERIALIZED (
            SELECT * FROM sessions WHERE id = $1::bytea AND generation > 0 FOR UPDATE
        ), seen AS MATERIALIZED (
            SELECT h.*,
                \(SessionRow.isLive("h", at: "$10")) AS live,
                CASE WHEN $2::bigint > h.generation
                     -- Newer than the state: never issued, unless the state was restored or a rotation taken back.
                     THEN NOT (h.rotated_at = 0 AND $2::bigint = h.generation + 1
                               OR COALESCE(h.rotated_at < $13::bigint, false))
                     WHEN $2::bigint = h.generation THEN false
                     -- The predecessor is tolerated within the grace; anything older is a stolen copy.
                     WHEN $2::bigint < h.generation - 1 OR h.rotated_at <= $11::bigint THEN true
                     ELSE $12::boolean AND COALESCE(h.rotated_network <> $7::bigint, false)
                END AS reused,
                CASE WHEN $4::boolean AND h.bound_key IS NULL AND $2::bigint < 4294967295
                     THEN $2::bigint + 1 ELSE $2::bigint END AS next_generation,
                $4::boolean AND h.bound_key IS NULL AND $9::bytea IS NOT NULL AS binds,
                $2::bigint > CASE WHEN h.rotated_at = 0 THEN h.generation + 1 ELSE h.generation END AS ahead,
                \(cause(of: "h", from: 15)) AS cause
            FROM held h
        ), judged AS MATERIALIZED (
            SELECT v.*, CASE
                WHEN v.client <> $3::bytea THEN 'client'
                WHEN v.bound_key <> $9::bytea OR v.bound_key IS NOT NULL AND $9::bytea IS NULL
                    THEN CASE WHEN $2::bigint < v.generation AND v.live AND v.reused THEN 'reused' ELSE 'key' END
                WHEN NOT v.live THEN 'expired'
                WHEN v.reused THEN 'reused'
                WHEN NOT v.resource = ANY($15::bytea[]) THEN 'unregistered'
                WHEN v.cause IS NOT NULL THEN 'ended'
                WHEN NOT COALESCE($5::bytea[] <@ v.scopes, true) THEN 'scope'
                WHEN $6::bytea <> v.resource THEN 'resource'
                WHEN $2::bigint < v.generation AND v.repeats >= \(repeatCountMax) THEN 'often'
                WHEN $2::bigint < v.generation THEN 'repeated'
                WHEN v.ahead THEN 'ahead'
                ELSE 'rotated'
            END AS outcome FROM seen v
        ), gone AS (
            DELETE FROM sessions s USING judged j
            WHERE s.id = j.id AND j.outcome IN ('expired', 'reused', 'ended')
            RETURNING s.id, s.user_id, s.body
        ), \(PostgreSQLEndings.noting("gone")), noted AS (
            UPDATE sessions s SET repeats = s.repeats + 1 FROM judged j WHERE s.id = j.id AND j.outcome = 'repeated'
        ), advanced AS (
            UPDATE sessions s SET
                generation = j.next_generation,
                rotated_at = CASE WHEN j.next_generation <> j.generation THEN $10::bigint ELSE j.rotated_at END,
                rotated_network = CASE WHEN j.next_generation <> j.generation THEN $7::bigint
                                       ELSE j.rotated_network END,
                rotated_agent = CASE WHEN j.next_generation <> j.generation THEN $8::bigint ELSE j.rotated_agent END,
                repeats = CASE WHEN j.next_generation <> j.generation THEN 0 ELSE j.repeats END,
                bound_key = CASE WHEN j.binds THEN $9::bytea ELSE j.bound_key END,
                idle_expiry = $14::bigint
            FROM judged j WHERE s.id = j.id AND j.outcome IN ('ahead', 'rotated')
            RETURNING s.*
        )
        SELECT j.outcome, j.binds, \(columnsAfter), j.cause
        FROM judged j LEFT JOIN advanced a ON a.id = j.id
        """
    )

    /// The columns of the session as it is afterwards, and as it was where nothing advanced.
    private static let columnsAfter = SessionRow.columns(of: "j").split(separator: ", ").map { column in
        let name = column.dropFirst(2)
        return "CASE WHEN a.id IS NULL THEN j.\(name) ELSE a.\(name) END"
    }.joined(separator: ", ")

    /// How often the predecessor of a generation may be repeated.
    private static let repeatCountMax = 100

    /// Takes back a rotation whose outcome is unknown: its client has no answer, and may try again after the grace.
    private func lostRotation(_ use: RefreshTokenUse, now: Timestamp) -> SQLCall {
        SQLCall(
            Self.lostRotation,
            [
                .integer(Int64(use.generation)),
                .id(use.family),
                .time(now),
                .time(now + policy.refreshTokenLifetime(of: use.clientID)),
            ] + seal.origin(use.origin)
        )
    }

    // A session that rotated was bound to no key before: it is bound by this rotation, if at all.
    private static let lostRotation = SQLStatement(
        """
        UPDATE sessions s SET generation = $1::bigint, rotated_at = 0, rotated_network = NULL, rotated_agent = NULL,
            repeats = 0, bound_key = NULL
        WHERE s.id = $2::bytea AND s.generation = $1::bigint + 1 AND s.rotated_at = $3::bigint
            AND s.idle_expiry = $4::bigint AND s.rotated_network IS NOT DISTINCT FROM $5::bigint
            AND s.rotated_agent IS NOT DISTINCT FROM $6::bigint
        """
    )

    /// Takes back a rotation whose answer never left: a client that tries again after the grace must not count as reuse
    /// and lose its session.
    private func unrotation(_ use: RefreshTokenUse, _ session: Session, wasBound: Bool) -> SQLCall {
        SQLCall(
            Self.unrotation,
            [.integer(Int64(use.generation)), .boolean(wasBound)] + unchangedValues(of: session)
        )
    }

    // The token before it got its successor long ago: no new grace begins.
    private static let unrotation = SQLStatement(
        """
        UPDATE sessions s SET generation = $1::bigint, rotated_at = 0, rotated_network = NULL, rotated_agent = NULL,
            repeats = 0, bound_key = CASE WHEN $2::boolean THEN NULL ELSE s.bound_key END
        WHERE \(isUnchanged(from: 3))
        """
    )
}

extension RefreshConditions {
    /// The same conditions with the fleets' members among these resources by name, and without fleets; `nil` when none
    /// of them is a member that is not named already.
    ///
    /// Patterns are matched here, because the database has keyed digests of resources. The resource of a session never
    /// changes, so what is decided by it here holds in a later statement.
    func resolved(for resources: [String]) -> RefreshConditions? {
        guard !fleets.isEmpty else { return nil }
        var resolved = self
        resolved.fleets = []
        for resource in resources { resolved.neededUpstreams[resource] = upstreams(neededBy: resource) }
        return resolved.neededUpstreams == neededUpstreams ? nil : resolved
    }
}
