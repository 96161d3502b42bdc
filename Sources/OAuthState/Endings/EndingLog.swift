import DequeModule
import OAuthProtocol

/// The endings that are not older than the tokens they are about, in the order of their numbers, at most a bounded
/// count of them.
package struct EndingLog: Sendable {
    private(set) var entries: Deque<Ending> = []
    /// The number of the last ending that there ever was.
    private(set) var last: UInt64 = 0
    /// The last one that was dropped at the bound.
    private(set) var loss: EndingLoss?
    private let countMax: Int

    init(countMax: Int) {
        self.countMax = countMax
    }

    /// Adds an ending; one that is known already changes nothing, because recovery may read it twice.
    mutating func append(_ ending: Ending) {
        guard ending.sequence > last else { return }
        last = ending.sequence
        entries.append(ending)
        while entries.count > countMax, let dropped = entries.popFirst() {
            loss = EndingLoss(sequence: dropped.sequence, endedAt: dropped.endedAt)
        }
    }

    /// Restores what a snapshot says beside the entries.
    mutating func restore(last: UInt64, loss: EndingLoss?) {
        self.last = max(self.last, last)
        if let loss, loss.sequence > self.loss?.sequence ?? 0 { self.loss = loss }
    }

    /// Drops endings whose tokens have all expired.
    mutating func expire(now: Timestamp) {
        while let first = entries.first, first.expiry <= now { entries.removeFirst() }
    }

    /// Drops the ending of a session that lives after all; false when there is none.
    mutating func withdraw(_ id: SessionID) -> Bool {
        // It ended a moment ago, so it is near the end.
        let index = entries.lastIndex { ending in
            guard case .session(id, _) = ending.subject else { return false }
            return true
        }
        guard let index else { return false }
        entries.remove(at: index)
        return true
    }

    func page(after sequence: UInt64, limit: Int) -> EndingPage {
        let start = firstIndex(after: sequence)
        let page = entries[start..<min(entries.count, start + limit)]
        let hasMore = page.endIndex < entries.count
        return EndingPage(
            endings: Array(page),
            // Numbers without an entry, which expired, were seen by no reader and are passed.
            reached: hasMore ? page.last?.sequence ?? sequence : max(last, sequence),
            hasMore: hasMore,
            loss: loss.flatMap { sequence < $0.sequence ? $0 : nil }
        )
    }

    // Entries are sorted, and few of them are new.
    private func firstIndex(after sequence: UInt64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].sequence > sequence { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
