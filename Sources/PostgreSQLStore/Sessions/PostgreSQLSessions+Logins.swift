package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Tickets and logins under way.
///
/// A login is one row from its first leg to its code: at a provider (stage 1) or in the hand of its callback (stage 2).
/// Each step changes this row, so that an ending that waits for it finds it afterwards whichever stage it has.
extension PostgreSQLSessions {
    // MARK: - Tickets

    package func consumeOnce(
        _ ticket: SHA256Digest,
        until expiry: Timestamp,
        from source: SourceNetwork,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<TicketConsumption> {
        let max = limits.approvedTicketsMax
        let rows = try await database.run(
            Self.consumption,
            [
                .digest(ticket), seal.source(source), .time(expiry), .time(now), place.counts.known(.tickets, max: max),
                .count(max),
            ]
        )
        switch try Self.only(rows).text(0) {
        case "consumed":
            place.counts.noteAdded(.tickets)
            return Receipt(.consumed)
        case "used": return Receipt(.alreadyUsed)
        default: return Receipt(.full)
        }
    }

    private static let consumption = SQLStatement(
        """
        WITH room AS MATERIALIZED (
            SELECT \(CountedTable.tickets.count(known: "$5", at: "$4")) AS count
        ), verdict AS MATERIALIZED (
            SELECT \(NetworkShares.admits(
                .tickets, count: "room.count", max: "$6", source: "$2", now: "$4"
            )) AS admitted
            FROM room
        ), added AS (
            INSERT INTO used_tickets (ticket, source, expiry)
            SELECT $1::bytea, $2::bigint, $3::bigint FROM verdict WHERE admitted
            ON CONFLICT (ticket) DO NOTHING
            RETURNING ticket
        )
        SELECT CASE WHEN EXISTS (SELECT 1 FROM added) THEN 'consumed'
                    WHEN admitted OR EXISTS (SELECT 1 FROM used_tickets WHERE ticket = $1::bytea) THEN 'used'
                    ELSE 'full' END
        FROM verdict
        """
    )

    // MARK: - Legs

    package func begin(
        _ pending: PendingLogin,
        state: SHA256Digest,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<StoreAdmission> {
        let max = limits.pendingAuthorizationsMax
        let rows = try await database.run(
            Self.beginning,
            [
                .id(pending.login.sessionID),
                .digest(state),
                .time(now),
                place.counts.known(.pendingLogins, max: max),
                .count(max),
                seal.source(pending.login.source),
                seal.client(pending.login.request.clientID),
                .ids(pending.login.connections),
                seal.upstream(pending.upstream),
                .digest(pending.binding),
                .time(pending.expiry),
                .bytes(try seal.seal(pending, table: Self.loginTable, identity: state.bytes)),
            ]
        )
        switch try Self.only(rows).text(0) {
        case "admitted":
            place.counts.noteAdded(.pendingLogins)
            return Receipt(.admitted)
        case "ended": return Receipt(.ended)
        default: return Receipt(.full)
        }
    }

    private static let loginTable = "logins"

    private static let beginning = SQLStatement(
        """
        WITH hand AS MATERIALIZED (
            SELECT state, ended FROM logins WHERE session_id = $1::bytea AND stage = 2 FOR UPDATE
        ), room AS MATERIALIZED (
            SELECT \(CountedTable.pendingLogins.count(known: "$4", at: "$3")) AS count
        ), verdict AS MATERIALIZED (
            SELECT CASE
                WHEN EXISTS (SELECT 1 FROM hand WHERE ended) THEN 'ended'
                WHEN \(NetworkShares.admits(
                    .pendingLogins, count: "room.count", max: "$5", source: "$6", now: "$3"
                )) THEN 'admitted'
                ELSE 'full' END AS outcome
            FROM room
        ), moved AS (
            UPDATE logins l SET state = $2::bytea, stage = 1, client = $7::bytea, connections = $8::bytea[],
                source = $6::bigint, upstream = $9::bytea, binding = $10::bytea, expiry = $11::bigint, body = $12::bytea
            FROM verdict v
            WHERE l.state = (SELECT state FROM hand ORDER BY state LIMIT 1) AND v.outcome = 'admitted'
        ), added AS (
            INSERT INTO logins (state, stage, session_id, client, connections, source, upstream, binding, ended, expiry,
                body)
            SELECT $2::bytea, 1, $1::bytea, $7::bytea, $8::bytea[], $6::bigint, $9::bytea, $10::bytea, false,
                $11::bigint, $12::bytea
            FROM verdict v WHERE v.outcome = 'admitted' AND NOT EXISTS (SELECT 1 FROM hand)
        )
        SELECT outcome FROM verdict
        """
    )

    package func takePending(
        state: SHA256Digest,
        upstream: String,
        binding: SHA256Digest?,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<PendingOutcome> {
        let max = limits.pendingAuthorizationsMax
        let rows = try await database.run(
            Self.taking,
            [
                .digest(state),
                .time(now),
                .digest(binding),
                seal.upstream(upstream),
                place.counts.known(.loginsInHand, max: max),
                .count(max),
                .time(now + Self.handLifetime),
            ]
        )
        guard let row = rows.first else { return Receipt(.unknown) }
        switch try row.text(0) {
        case "browser": return Receipt(.wrongBrowser)
        case "upstream": return Receipt(.wrongUpstream)
        case "full": return Receipt(.full)
        default: break
        }
        place.counts.noteAdded(.loginsInHand)
        let body = try row.bytes(1)
        return Receipt(
            .taken(
                try place.opener.open(PendingLogin.self, body, table: Self.loginTable, identity: state.bytes)
            )
        )
    }

    /// How long a callback may take; far longer than all of its time-outs together.
    private static let handLifetime: Duration = .seconds(600)

    // The browser before the upstream: a wrong browser must not learn where the login is (D-51, D-65).
    private static let taking = SQLStatement(
        """
        WITH held AS MATERIALIZED (
            SELECT state, upstream, binding, source, body FROM logins
            WHERE state = $1::bytea AND stage = 1 AND NOT ended AND expiry > $2::bigint FOR UPDATE
        ), room AS MATERIALIZED (
            SELECT \(CountedTable.loginsInHand.count(known: "$5", at: "$2")) AS count
        ), judged AS MATERIALIZED (
            SELECT h.*, CASE
                WHEN NOT COALESCE(h.binding = $3::bytea, false) THEN 'browser'
                WHEN h.upstream <> $4::bytea THEN 'upstream'
                WHEN \(NetworkShares.admits(
                    .loginsInHand, count: "room.count", max: "$6", source: "h.source", now: "$2"
                )) THEN 'taken'
                ELSE 'full' END AS outcome
            FROM held h, room
        ), taken AS (
            UPDATE logins l SET stage = 2, expiry = $7::bigint, body = ''::bytea
            FROM judged j WHERE l.state = j.state AND j.outcome = 'taken'
        )
        SELECT outcome, body FROM judged
        """
    )

    package func abandon(_ id: SessionID) async {
        await place.reversals.run([SQLCall(Self.abandonment, [.id(id)])])
    }

    private static let abandonment = SQLStatement(
        "DELETE FROM logins WHERE session_id = $1::bytea AND stage = 2"
    )
}
