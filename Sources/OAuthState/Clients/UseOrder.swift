import DequeModule
import OAuthProtocol

/// Clients in the order of their last use, so that the least recently used one is found without a search.
///
/// A use is only appended. Entries that a later use of the same client has outdated are skipped, and removed when they
/// outnumber the others.
struct UseOrder: Sendable {
    private var uses: Deque<(id: String, moment: Timestamp)> = []
    private var isOrdered = true

    /// Records a use.
    mutating func append(_ id: String, at moment: Timestamp) {
        if let last = uses.last, moment < last.moment { isOrdered = false }
        uses.append((id, moment))
    }

    /// The least recently used client.
    ///
    /// - Parameter lastUse: When a client was last used, or `nil` when it no longer exists.
    /// - Returns: Its id, or `nil` when no client was ever used.
    mutating func first(lastUse: (String) -> Timestamp?) -> String? {
        if !isOrdered {
            uses.sort { $0.moment < $1.moment }
            isOrdered = true
        }
        while let first = uses.first {
            if lastUse(first.id) == first.moment { return first.id }
            uses.removeFirst()
        }
        return nil
    }

    /// Removes outdated entries when they are more than half.
    mutating func sweep(clientCount: Int, lastUse: (String) -> Timestamp?) {
        guard uses.count > 2 * clientCount + 1024 else { return }
        uses.removeAll { lastUse($0.id) != $0.moment }
    }
}
