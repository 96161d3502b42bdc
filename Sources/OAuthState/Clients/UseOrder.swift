import DequeModule
import OAuthProtocol

/// Clients in the order of their last use, so that the one that was not used for longest is found without a search.
///
/// A use is only appended; what a later use of the same client has outdated is skipped, and swept when it outweighs the rest.
struct UseOrder: Sendable {
    private var uses: Deque<(id: String, moment: Timestamp)> = []
    private var isOrdered = true

    /// Notes a use.
    mutating func append(_ id: String, at moment: Timestamp) {
        if let last = uses.last, moment < last.moment { isOrdered = false }
        uses.append((id, moment))
    }

    /// The client whose last use is the longest ago.
    ///
    /// - Parameter lastUse: When a client was last used, or `nil` when it is gone.
    /// - Returns: Its id, or `nil` when none was ever used.
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

    /// Drops what is outdated, when it is more than what is not.
    mutating func sweep(clientCount: Int, lastUse: (String) -> Timestamp?) {
        guard uses.count > 2 * clientCount + 1024 else { return }
        uses.removeAll { lastUse($0.id) != $0.moment }
    }
}
