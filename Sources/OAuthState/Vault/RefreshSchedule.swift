import HashTreeCollections
import OAuthProtocol

/// When the access tokens of connections must be refreshed, by upstream and in steps of 8 s: due connections are found
/// without examining the others, at most one step early.
///
/// Each connection that can be refreshed has at most one entry, updated with every change of it.
struct RefreshSchedule: Sendable {
    private var queues: [String: RefreshQueue] = [:]
    /// The steps of entries that are not in the step of their connection's own moment.
    private var moved: TreeDictionary<ConnectionID, Int64> = [:]

    /// After what time a connection that was taken is due again.
    static let retryInterval: Duration = .seconds(30)

    private static func step(of moment: Timestamp) -> Int64 {
        moment.secondsSinceEpoch / 8
    }

    /// The step of a connection's own moment, if it can be refreshed at all.
    private static func step(of connection: Connection) -> Int64? {
        guard connection.tokens.refreshToken != nil, connection.usedAt != nil else { return nil }
        guard connection.status == .active || connection.status == .expiring else { return nil }
        if connection.isReportedInvalid { return step(of: connection.obtainedAt) }
        // Never before the login: an unusual expiry must not make the search begin long ago.
        return connection.backgroundRefreshDueAt.map { step(of: max($0, connection.obtainedAt)) }
    }

    /// Applies a change of a connection; one that was postponed and is due at the same moment stays postponed.
    mutating func replace(_ earlier: Connection?, by connection: Connection) {
        let step = Self.step(of: connection)
        if let earlier {
            if step == Self.step(of: earlier), moved[connection.id] != nil { return }
            remove(earlier)
        }
        if let step { insert(connection, at: step) }
    }

    mutating func remove(_ connection: Connection) {
        guard let step = moved.removeValue(forKey: connection.id) ?? Self.step(of: connection) else { return }
        queues[connection.upstream]?.remove(connection.id, at: step)
    }

    private mutating func insert(_ connection: Connection, at step: Int64) {
        let inserted = queues[connection.upstream, default: RefreshQueue()].insert(connection.id, at: step)
        if inserted != Self.step(of: connection) { moved[connection.id] = inserted }
    }

    mutating func postpone(_ connection: Connection, until moment: Timestamp) {
        remove(connection)
        insert(connection, at: Self.step(of: moment))
    }

    /// Takes up to `limit` connections that are due, and reports whether these were all.
    mutating func take(at upstream: String, now: Timestamp, limit: Int) -> (ids: [ConnectionID], isComplete: Bool) {
        let taken = queues[upstream]?.take(until: Self.step(of: now), limit: limit)
        guard let taken else { return ([], true) }
        for id in taken.ids { moved.removeValue(forKey: id) }
        return taken
    }
}

/// The connections of one upstream by the step in which they are due.
private struct RefreshQueue: Sendable {
    private var ids = IndexTable<Int64, ConnectionID>()
    /// Where the next search begins: no entry is in an earlier step.
    private var next: Int64?
    private var wasSearched = false

    /// The most steps that one search examines.
    private static let stepCountMax = 4096

    /// The step of an entry: one that was due before the searched steps is due in the first remaining one.
    mutating func insert(_ id: ConnectionID, at own: Int64) -> Int64 {
        var step = own
        if let next, wasSearched { step = max(own, next) }
        next = min(next ?? step, step)
        ids.insert(id, for: step)
        return step
    }

    mutating func remove(_ id: ConnectionID, at step: Int64) {
        ids.remove(id, for: step)
    }

    mutating func take(until present: Int64, limit: Int) -> (ids: [ConnectionID], isComplete: Bool) {
        var taken: [ConnectionID] = []
        var step = min(next ?? present, present)
        wasSearched = true
        defer { next = step }
        for _ in 0..<Self.stepCountMax {
            let found = ids.values(of: step, limit: limit - taken.count)
            for id in found { ids.remove(id, for: step) }
            taken += found
            if taken.count == limit { return (taken, false) }
            // The current step stays: more may become due in it.
            if step == present { return (taken, true) }
            step += 1
        }
        return (taken, false)
    }
}
