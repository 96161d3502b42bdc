import HashTreeCollections
import OAuthProtocol

/// A table whose entries all have the same lifetime and are dropped in the order of their insertion.
///
/// A hash tree and chunks: neither is ever copied as a whole to grow, so every insertion is fast.
struct ExpiringTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        let expiry: Timestamp
    }

    private var entries: TreeDictionary<Key, Entry> = [:]
    private var expiries = ExpiryQueue<Key>()

    /// The number of entries, including expired ones that were not swept yet.
    var count: Int { entries.count }

    subscript(key: Key) -> Value? { entries[key]?.value }

    mutating func insert(_ value: Value, for key: Key, expiry: Timestamp) {
        entries[key] = Entry(value: value, expiry: expiry)
        expiries.append(key, expiry: expiry)
    }

    /// Replaces the value of an existing key, or removes it; its expiry stays.
    mutating func update(_ value: Value?, for key: Key) {
        guard var entry = entries[key] else { return }
        guard let value else { return remove(key) }
        entry.value = value
        entries[key] = entry
    }

    mutating func remove(_ key: Key) {
        entries.removeValue(forKey: key)
    }

    /// Drops expired entries and passes them to the closure.
    mutating func expire(now: Timestamp, _ dropped: (Key, Value) -> Void = { _, _ in }) {
        while let key = expiries.popExpired(now: now) {
            // The entry's own expiry decides: the key may have been removed and inserted again since it was queued.
            guard let entry = entries[key], entry.expiry <= now else { continue }
            entries.removeValue(forKey: key)
            dropped(key, entry.value)
        }
    }
}
