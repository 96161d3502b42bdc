import OAuthProtocol
import Synchronization

/// Which rows this node has noted a use of, so that not every use costs a statement.
///
/// A last use is precise to the interval only. What is forgotten at the bound is noted once more.
final class RecentUses<Key: Hashable & Sendable>: Sendable {
    private let interval: Duration
    private let uses = Mutex<[Key: Timestamp]>([:])

    /// The most rows that are remembered.
    private static var countMax: Int { 100_000 }

    /// Uses of which one in each interval is noted.
    init(interval: Duration) {
        self.interval = interval
    }

    /// Whether a use must be noted; the caller notes it.
    func isDue(_ key: Key, now: Timestamp) -> Bool {
        uses.withLock { uses in
            if let last = uses[key], now - last < interval { return false }
            if uses.count >= Self.countMax { uses.removeAll(keepingCapacity: true) }
            uses[key] = now
            return true
        }
    }

    /// Remembers a use that the database has, or forgets one that it does not have.
    func learn(_ key: Key, usedAt: Timestamp?) {
        uses.withLock { uses in
            guard let usedAt else { return uses[key] = nil }
            if uses[key].map({ $0 < usedAt }) ?? (uses.count < Self.countMax) { uses[key] = usedAt }
        }
    }
}
