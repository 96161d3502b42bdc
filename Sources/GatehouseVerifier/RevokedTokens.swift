import Synchronization

/// The sessions and tokens that a verifier refuses although they have not expired, as many as memory is set aside for.
package final class RevokedTokens: Sendable {
    /// Names in the order in which they came.
    private struct Table {
        private(set) var moments: [String: Int64] = [:]
        private var order: [String] = []
        private var head = 0

        /// Adds a name, forgets those that are too old, and returns when the last name came that had to make room.
        mutating func add(_ name: String, now: Int64, max: Int) -> Int64? {
            guard moments.updateValue(moments[name] ?? now, forKey: name) == nil else { return nil }
            order.append(name)
            var lost: Int64?
            while head < order.count, let moment = moments[order[head]] {
                if moments.count > max {
                    lost = moment
                } else if now - moment <= RevokedTokens.ageSecondsMax {
                    break
                }
                moments[order[head]] = nil
                head += 1
            }
            if head > 1024, head * 2 > order.count {
                order.removeFirst(head)
                head = 0
            }
            return lost
        }
    }

    private struct State {
        var sessions = Table()
        var tokens = Table()
        /// Tokens that were issued until then are refused, in seconds since 1970.
        var before = Int64.min
    }

    private let state = Mutex(State())
    private let entriesMax: Int

    /// How long a name is kept: longer than the longest access token lives.
    static let ageSecondsMax: Int64 = 25 * 3600

    /// Nothing is refused yet; of sessions and tokens `entriesMax` each are kept.
    package init(entriesMax: Int = 200_000) {
        self.entriesMax = entriesMax
    }

    /// Whether a token or its session has ended.
    package func refuses(session: String?, tokenID: String, issuedAt: Int64) -> Bool {
        state.withLock { state in
            issuedAt <= state.before || state.tokens.moments[tokenID] != nil
                || session.map { state.sessions.moments[$0] != nil } ?? false
        }
    }

    /// Refuses the tokens of a session.
    package func addSession(_ name: String, now: Int64) {
        state.withLock { state in
            let lost = state.sessions.add(name, now: now, max: entriesMax)
            // What is no longer known by its name is refused by its time: too many, and none too few.
            if let lost { state.before = max(state.before, lost) }
        }
    }

    /// Refuses one token, by its `jti`.
    package func addToken(_ identifier: String, now: Int64) {
        state.withLock { state in
            let lost = state.tokens.add(identifier, now: now, max: entriesMax)
            if let lost { state.before = max(state.before, lost) }
        }
    }

    /// Refuses every token that was issued until a time; clients then refresh.
    package func refuseAll(until moment: Int64) {
        state.withLock { $0.before = max($0.before, moment) }
    }

    /// How many sessions and tokens are refused by name.
    package var count: Int { state.withLock { $0.sessions.moments.count + $0.tokens.moments.count } }
}
