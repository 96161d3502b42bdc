import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// The log of endings in a database, which the statements that end sessions write.
package struct PostgreSQLEndings: EndingStore {
    let place: StorePlace

    /// The log over a database.
    package init(_ place: StorePlace) {
        self.place = place
    }

    /// The table, and what bodies of tokens are sealed for; those of sessions are sealed for their own table.
    static let table = "session_endings"

    /// Keeps the triggers of development versions, where there are some, from noting what the transaction deletes.
    static let quiet = SQLCall(SQLStatement("SELECT set_config('gatehouse.quiet', 'on', true)"))

    /// Begins the log where this node is the first that asks for it.
    ///
    /// It is kept as long as the access tokens of the node that has the longest-lived ones.
    func prepare() async throws(StoreError) {
        guard place.settings.recordsEndings else { return }
        let policy = place.policy
        let lifetimes = policy.clientLifetimes.keys.map { policy.accessTokenLifetime(of: $0) }
        let longest = lifetimes.reduce(policy.accessTokenLifetime) { max($0, $1) }
        _ = try await place.database.run(Self.enabling, [.duration(longest + Ending.skew)])
    }

    private static let enabling = SQLStatement(
        """
        UPDATE ending_logs SET enabled = true, retention = GREATEST(retention, $1::bigint)
        WHERE id = 1 AND (NOT enabled OR retention < $1::bigint)
        """
    )

    package func lastEnding() async throws(StoreError) -> UInt64 {
        let rows = try await place.database.run([Self.numbering, SQLCall(Self.lastNumber)]).last
        guard let row = rows?.first else { throw .unavailable }
        return try Self.number(row, 0)
    }

    private static let lastNumber = SQLStatement("SELECT last FROM ending_logs WHERE id = 1")

    package func endings(after sequence: UInt64, limit: Int) async throws(StoreError) -> Receipt<EndingPage> {
        let start = Int64(clamping: sequence)
        let page = SQLCall(Self.page, [.integer(start), .count(limit + 1)])
        let rows = try await place.database.run([Self.numbering, page]).last ?? []
        guard let first = rows.first else { throw .unavailable }
        var endings: [Ending] = []
        for row in rows.prefix(limit) where try !row.isNull(3) { endings.append(try ending(row)) }
        let (last, lost) = (try Self.number(first, 0), try Self.number(first, 1))
        let hasMore = rows.count > limit
        return Receipt(
            EndingPage(
                endings: endings,
                reached: hasMore ? endings.last?.sequence ?? sequence : max(last, sequence),
                hasMore: hasMore,
                loss: sequence < lost ? EndingLoss(sequence: lost, endedAt: try first.time(2)) : nil
            )
        )
    }

    // One statement, so that the last number and the rows are of one moment.
    private static let page = SQLStatement(
        """
        SELECT l.last, l.lost_through, l.lost_at, e.sequence, e.session_id, e.token, e.ended_at, e.expiry, e.body
        FROM ending_logs l LEFT JOIN (
            SELECT * FROM session_endings WHERE sequence > $1::bigint ORDER BY sequence LIMIT $2::bigint
        ) AS e ON true
        WHERE l.id = 1 ORDER BY e.sequence
        """
    )

    private func ending(_ row: SQLRow) throws(StoreError) -> Ending {
        let body = try row.bytes(8)
        let (subject, resource): (Ending.Subject, String)
        if try row.isNull(4) {
            let token = try place.opener.open(
                EndedTokenEntry.self,
                body,
                table: Self.table,
                identity: try row.bytes(5)
            )
            (subject, resource) = (.accessToken(token.identifier), token.audience)
        } else {
            let id: SessionID = try row.id(4)
            let session = try place.opener.open(Session.self, body, table: SessionRow.table, identity: id.bytes)
            (subject, resource) = (.session(id, session.userID), session.resource)
        }
        return Ending(
            sequence: try Self.number(row, 3),
            subject: subject,
            resource: resource,
            endedAt: try row.time(6),
            expiry: try row.time(7)
        )
    }

    private static func number(_ row: SQLRow, _ column: Int) throws(StoreError) -> UInt64 {
        guard let number = UInt64(exactly: try row.integer(column)) else { throw .unavailable }
        return number
    }
}

extension PostgreSQLEndings: SweptTables {
    func sweepCalls(now: Timestamp, limit: Int) -> [SQLCall] {
        [
            Self.numbering,
            SQLCall(Self.sweep, [.time(now), .count(limit)]),
            SQLCall(Self.bound, [.count(place.limits.endingsMax), .count(limit)]),
        ]
    }

    private static let sweep = SQLStatement.dropping(from: table, key: "id")

    // Of numbers that lie further back than the bound, those that have not expired are lost to readers.
    private static let bound = SQLStatement(
        """
        WITH gone AS (
            DELETE FROM session_endings WHERE id = ANY(ARRAY(
                SELECT e.id FROM session_endings e, ending_logs l
                WHERE l.id = 1 AND e.sequence <= l.last - $1::bigint ORDER BY e.sequence LIMIT $2::bigint
                FOR UPDATE OF e SKIP LOCKED
            )) RETURNING sequence, ended_at
        ), lost AS (
            SELECT max(sequence) AS sequence, max(ended_at) AS ended_at FROM gone
        )
        UPDATE ending_logs l SET lost_through = GREATEST(l.lost_through, lost.sequence),
            lost_at = GREATEST(l.lost_at, lost.ended_at)
        FROM lost WHERE l.id = 1 AND lost.sequence IS NOT NULL
        """
    )
}

/// What is stored, sealed, of an access token that was revoked by itself.
struct EndedTokenEntry: RecordCodable {
    let identifier: String
    let audience: String

    /// What verifiers must know of a token; `nil` where none does.
    init?(_ token: AccessTokenReference) {
        guard let audience = token.audience else { return nil }
        identifier = token.identifier
        self.audience = audience
    }

    func write(to writer: inout BinaryWriter) {
        writer.write(identifier)
        writer.write(audience)
    }

    init(from reader: inout BinaryReader) throws(RecordError) {
        identifier = try reader.string()
        audience = try reader.string()
    }
}
