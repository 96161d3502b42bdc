import OAuthProtocol
import OAuthState
import Synchronization

/// The tables of logins, sessions and devices whose rows are counted: they have bounds, and metrics report them.
package enum CountedTable: Int, CaseIterable, Sendable {
    case tickets, pendingLogins, loginsInHand, redeemableCodes, codes, sessions, consents
    case revokedTokens, revokedTokensOfSessions, devices

    /// The table, and its key, whose values are spread evenly: digests and random ids.
    var place: (table: String, key: String) {
        switch self {
        case .tickets: ("used_tickets", "ticket")
        case .pendingLogins, .loginsInHand: ("logins", "state")
        case .redeemableCodes, .codes: ("codes", "code")
        case .sessions: ("sessions", "id")
        case .consents: ("consents", "key")
        case .revokedTokens, .revokedTokensOfSessions: ("revoked_tokens", "token")
        case .devices: ("devices", "device_code")
        }
    }

    /// Which of the table's rows count, where `now` is a parameter of the time.
    func condition(at now: String) -> String {
        switch self {
        case .tickets, .revokedTokens, .devices: "expiry > \(now)::bigint"
        case .pendingLogins: "stage = 1 AND NOT ended AND expiry > \(now)::bigint"
        case .loginsInHand: "stage = 2 AND expiry > \(now)::bigint"
        case .redeemableCodes: "NOT redeemed AND NOT ended AND redeemable_until > \(now)::bigint"
        case .codes: "NOT ended AND expiry > \(now)::bigint"
        case .sessions, .consents: "true"
        case .revokedTokensOfSessions: "session_id IS NOT NULL AND expiry > \(now)::bigint"
        }
    }

    /// The rows that count: `FROM` and `WHERE`, where `now` is a parameter of the time.
    func rows(at now: String) -> String { "\(place.table) WHERE \(condition(at: now))" }

    /// An expression for the number of rows: the known one of a parameter, or, where that is null, counted.
    ///
    /// The database counts only if it must, and no further than any bound that is counted exactly.
    func count(known: String, at now: String) -> String {
        """
        COALESCE(\(known)::bigint, (
            SELECT count(*) FROM (SELECT 1 FROM \(rows(at: now)) LIMIT \(TableCounts.exactMax + 1)) AS counted
        ))
        """
    }
}

/// How many rows the tables have.
///
/// A table with a small bound is counted by each statement that respects it, exactly. Counting up to a large bound
/// would cost each request milliseconds: the sweep estimates the number every ten seconds, and what this node adds is
/// added. What other nodes add in the meantime is allowed beyond the bound: it protects the disk from being filled, and
/// needs no more precision than that.
package final class TableCounts: Sendable {
    private struct Known {
        var count: Int64
        var countedAt: Timestamp
    }

    private let database: any SQLDatabase
    private let known = Mutex<[CountedTable: Known]>([:])

    /// Up to this bound statements count by themselves.
    package static let exactMax = 4096
    /// The time between two counts of a table.
    private static let interval = Duration.seconds(10)

    /// Counts of nothing yet.
    init(database: any SQLDatabase) {
        self.database = database
    }

    /// What a statement takes for the number of rows; null when it is to count.
    ///
    /// Before the first count, which the first sweep makes, a large bound has room.
    package func known(_ table: CountedTable, max: Int) -> SQLValue {
        guard max > Self.exactMax else { return .null }
        return .integer(known.withLock { $0[table]?.count ?? 0 })
    }

    /// Records that this node has added a row.
    package func noteAdded(_ table: CountedTable) {
        known.withLock { $0[table]?.count += 1 }
    }

    /// Counts what is due.
    func refresh(now: Timestamp) async throws(StoreError) {
        let due = known.withLock { known in
            CountedTable.allCases.filter { table in
                guard let last = known[table] else { return true }
                return now >= last.countedAt + Self.interval || now < last.countedAt
            }
        }
        try await count(due, now: now)
    }

    /// The numbers for metrics, of these tables only: those of small tables as they are now, those of large ones as
    /// they were counted last.
    func present(now: Timestamp) async throws(StoreError) -> StoreCounts {
        let small = known.withLock { known in
            CountedTable.allCases.filter { (known[$0]?.count ?? 0) <= Self.exactMax }
        }
        try await count(small, now: now)
        let known = known.withLock { $0.mapValues { Int($0.count) } }
        var counts = StoreCounts()
        counts.pendingAuthorizations = known[.pendingLogins] ?? 0
        counts.authorizationCodes = known[.codes] ?? 0
        counts.sessions = known[.sessions] ?? 0
        counts.consents = known[.consents] ?? 0
        counts.revokedAccessTokens = known[.revokedTokens] ?? 0
        counts.deviceAuthorizations = known[.devices] ?? 0
        return counts
    }

    private func count(_ tables: [CountedTable], now: Timestamp) async throws(StoreError) {
        guard !tables.isEmpty else { return }
        let parameters = [.time(now)] + RowCount.window(now.secondsSinceEpoch)
        let results = try await database.run(tables.map { SQLCall(Self.statement($0), parameters) })
        for (table, rows) in zip(tables, results) {
            guard let row = rows.first else { throw .unavailable }
            let count = try row.integer(0)
            known.withLock { $0[table] = Known(count: count, countedAt: now) }
        }
    }

    private static let statements = CountedTable.allCases.map { table in
        let count = RowCount.expression(
            of: table.place.table,
            where: table.condition(at: "$1"),
            key: table.place.key,
            window: 2
        )
        // The time is used by every statement, so that all have the same parameters.
        return SQLStatement("SELECT \(count) FROM (SELECT $1::bigint) AS at (moment)")
    }

    private static func statement(_ table: CountedTable) -> SQLStatement { statements[table.rawValue] }
}

/// The bound of a table that anyone can fill, shared fairly by networks.
enum NetworkShares {
    /// An expression: whether a network may have another row of a table.
    ///
    /// While the table is less than half full, everyone is admitted. From then on a network may have at most a 64th of
    /// what is still free, and always two.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - count: An expression for its number of rows.
    ///   - max: A parameter of its bound.
    ///   - source: A parameter of the network.
    ///   - now: A parameter of the time.
    /// - Returns: The expression, of type boolean.
    static func admits(_ table: CountedTable, count: String, max: String, source: String, now: String) -> String {
        """
        CASE WHEN \(count) >= \(max)::bigint THEN false
             WHEN \(count) < \(max)::bigint / 2 THEN true
             ELSE (SELECT count(*) FROM \(table.rows(at: now)) AND source = \(source)::bigint)
                < GREATEST(2, (\(max)::bigint - \(count)) / 64)
        END
        """
    }
}
