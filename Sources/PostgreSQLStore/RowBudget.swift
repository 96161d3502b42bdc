import OAuthProtocol
import Synchronization

/// How many rows this node may add to a bounded table before the table is counted again.
///
/// A count over a large table is expensive, and a counter row that every insertion updates makes all nodes wait for
/// each other. So a statement counts only when the node has used up a sixteenth of what was free at its last count.
/// Near the bound that is nothing: each statement counts, and a table of a few rows has its bound exactly. Far below
/// it, sixteen nodes that add at once cannot exceed it together.
final class RowBudget: Sendable {
    private let state = Mutex(State())

    private struct State {
        var rest: Int64 = 0
        var fullUntil: Timestamp?
    }

    /// For how long a table that was found full is not counted again, so that a flood of refusals costs no counts.
    private static let fullTime: Duration = .seconds(1)

    /// Takes rows from the budget; false when the statement must count.
    func take(_ count: Int64 = 1) -> Bool {
        state.withLock { state in
            guard state.rest >= count else { return false }
            state.rest -= count
            return true
        }
    }

    /// Sets the budget after a count that left so much free.
    func learn(free: Int64) {
        state.withLock { $0.rest = max(0, free / 16) }
    }

    /// Notes that the table was found full.
    func learnFull(at now: Timestamp) {
        state.withLock { $0.fullUntil = now + Self.fullTime }
    }

    /// Notes that a row was taken back, so that there is room again.
    func forgetFull() {
        state.withLock { $0.fullUntil = nil }
    }

    /// Whether the table was found full a moment ago.
    func isFull(at now: Timestamp) -> Bool {
        state.withLock { state in
            guard let end = state.fullUntil else { return false }
            // A time before the one of the count is not known to be full.
            if end - Self.fullTime <= now, now < end { return true }
            state.fullUntil = nil
            return false
        }
    }
}

/// SQL that counts rows without reading a large table.
enum RowCount {
    /// An expression with the number of rows: exact below 4096, from there on estimated from a 64th of all keys.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - condition: Which of its rows are counted.
    ///   - key: A unique column whose values are spread evenly, as those of digests are.
    ///   - window: The number of the first of the two parameters that ``window(_:)`` returns.
    /// - Returns: An expression in parentheses.
    static func expression(of table: String, where condition: String = "true", key: String, window: Int) -> String {
        """
        (SELECT CASE WHEN counted_rows.row_count < 4096 THEN counted_rows.row_count ELSE 64 * (
            SELECT count(*) FROM \(table)
            WHERE \(condition) AND \(key) >= $\(window)::bytea AND \(key) < $\(window + 1)::bytea
        ) END FROM (
            SELECT count(*) AS row_count FROM (SELECT 1 FROM \(table) WHERE \(condition) LIMIT 4096) AS bounded
        ) AS counted_rows)
        """
    }

    /// The two ends of the counted 64th of all keys.
    ///
    /// - Parameter number: Any number; another 64th for each of 64 in a row. Where strangers can choose the keys it
    ///   must change with time, so that they cannot keep out of what is counted.
    /// - Returns: The two parameters.
    static func window(_ number: Int64 = 0) -> [SQLValue] {
        let first = UInt8(truncatingIfNeeded: (number & 63) * 4)
        // No digest is as long as 33 bytes, so this is above all of them.
        let end = first == 252 ? [UInt8](repeating: 255, count: 33) : [first + 4]
        return [.bytes([first]), .bytes(end)]
    }
}
