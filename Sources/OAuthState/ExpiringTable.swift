import OAuthProtocol

/// A table whose entries all live equally long and are dropped in the order in which they came.
struct ExpiringTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var values: [Key: Value] = [:]
    private var expiries = ExpiryQueue<Key>()

    /// How many entries are kept, expired ones that were not swept yet included.
    var count: Int { values.count }

    subscript(key: Key) -> Value? { values[key] }

    mutating func insert(_ value: Value, for key: Key, expiry: Timestamp) {
        values[key] = value
        expiries.append(key, expiry: expiry)
    }

    /// Replaces the value of a key that is there, or removes it; its expiry stays.
    mutating func update(_ value: Value?, for key: Key) {
        guard values[key] != nil else { return }
        values[key] = value
    }

    /// The keys of the entries that a test picks.
    func keys(where isPicked: (Value) -> Bool) -> [Key] {
        values.compactMap { isPicked($0.value) ? $0.key : nil }
    }

    /// Every value, expired ones that were not swept yet included.
    var all: some Sequence<Value> { values.values }

    mutating func remove(_ key: Key) {
        values.removeValue(forKey: key)
    }

    mutating func expire(now: Timestamp) {
        while let key = expiries.popExpired(now: now) {
            values.removeValue(forKey: key)
        }
    }
}
