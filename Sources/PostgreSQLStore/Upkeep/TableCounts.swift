import OAuthProtocol
import OAuthState
import Synchronization

/// The tables of logins, sessions and devices whose rows are counted: they have bounds, and metrics report them.
package enum CountedTable: Int, CaseIterable, Sendable {
    case tickets, pendingLogins, loginsInHand, redeemableCodes, codes, sessions, consents
    case revokedTokens, revokedTokensOfSessions, devices

    /// The rows that count: `FROM` and `WHERE`, where `now` is a parameter of the time.
    package func rows(at now: String) -> String {
        switch self {
        case .tickets: "used_tickets WHERE expiry > \(now)::bigint"
        case .pendingLogins: "logins WHERE stage = 1 AND NOT ended AND expiry > \(now)::bigint"
        case .loginsInHand: "logins WHERE stage = 2 AND expiry > \(now)::bigint"
        case .redeemableCodes: "codes WHERE NOT redeemed AND NOT ended AND redeemable_until > \(now)::bigint"
        case .codes: "codes WHERE NOT ended AND expiry > \(now)::bigint"
        case .sessions: "sessions"
        case .consents: "consents"
        case .revokedTokens: "revoked_tokens WHERE expiry > \(now)::bigint"
        case .revokedTokensOfSessions: "revoked_tokens WHERE session_id IS NOT NULL AND expiry > \(now)::bigint"
        case .devices: "devices WHERE expiry > \(now)::bigint"
        }
    }

    /// An expression for the number of rows: the known one of a parameter, or, where that is null, counted.
    ///
    /// The database counts only if it must, and no further than any bound that is counted exactly.
    package func count(known: String, at now: String) -> String {
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
/// would cost each request milliseconds: the number is counted now and then, the more rarely the more rows there are,
/// and what this node adds is added. What other nodes add between two counts is allowed beyond the bound: it protects
/// the disk from being filled, and needs no more precision than that.
package final class TableCounts: Sendable {
    private struct Known {
        var count: Int64
        var countedAt: Timestamp
    }

    private let database: any SQLDatabase
    private let known = Mutex<[CountedTable: Known]>([:])

    /// Up to this bound statements count by themselves.
    package static let exactMax = 4096
    /// The shortest time between two counts of a table.
    private static let intervalMin = Duration.seconds(10)
    /// How many rows allow for another second between two counts: a count of so many takes some milliseconds.
    private static let rowsPerSecond: Int64 = 50_000

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
                let interval = max(Self.intervalMin, .seconds(last.count / Self.rowsPerSecond))
                return now >= last.countedAt + interval || now < last.countedAt
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
        let results = try await database.run(tables.map { SQLCall(Self.statement($0), [.time(now)]) })
        for (table, rows) in zip(tables, results) {
            guard let row = rows.first else { throw .unavailable }
            let count = try row.integer(0)
            known.withLock { $0[table] = Known(count: count, countedAt: now) }
        }
    }

    private static let statements = CountedTable.allCases.map { table in
        // The time is used by every statement, so that all have the same parameter.
        SQLStatement("SELECT count(*) FROM (SELECT $1::bigint) AS at (moment), \(table.rows(at: "$1"))")
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
