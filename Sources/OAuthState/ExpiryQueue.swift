import DequeModule
import OAuthProtocol

/// Keys in the order in which they expire, for tables whose entries all live equally long: O(1) in and out.
struct ExpiryQueue<Key: Sendable>: Sendable {
    private var entries: Deque<(expiry: Timestamp, key: Key)> = []

    /// How many keys wait, those removed from their table since included.
    var count: Int { entries.count }

    /// Adds a key.
    ///
    /// Its expiry must not be before that of an earlier one by more than a clock's step back; such a key merely leaves
    /// its table late, for every use checks the expiry again.
    mutating func append(_ key: Key, expiry: Timestamp) {
        entries.append((expiry, key))
    }

    /// Takes out the next key that has expired.
    mutating func popExpired(now: Timestamp) -> Key? {
        guard let first = entries.first, first.expiry <= now else { return nil }
        entries.removeFirst()
        return first.key
    }
}

/// Keys bucketed by the hour in which they may expire, for entries whose life is prolonged by use.
///
/// A key is looked at once in its hour and moved on if it was prolonged: amortized O(1), nothing is scanned.
struct ExpiryBuckets<Key: Sendable>: Sendable {
    private var buckets: [Int64: [Key]] = [:]
    private var nextHour: Int64?

    private static func hour(of moment: Timestamp) -> Int64 {
        moment.secondsSinceEpoch / 3600
    }

    /// Adds a key that may expire at `expiry`.
    mutating func insert(_ key: Key, expiry: Timestamp) {
        let hour = Self.hour(of: expiry)
        buckets[hour, default: []].append(key)
        nextHour = min(nextHour ?? hour, hour)
    }

    /// Takes out up to `limit` keys whose hour has passed.
    mutating func popDue(now: Timestamp, limit: Int) -> [Key] {
        var due: [Key] = []
        let present = Self.hour(of: now)
        while let hour = nextHour, hour < present, due.count < limit {
            if var keys = buckets.removeValue(forKey: hour) {
                let taken = min(limit - due.count, keys.count)
                due.append(contentsOf: keys.suffix(taken))
                keys.removeLast(taken)
                if !keys.isEmpty {
                    buckets[hour] = keys
                    return due
                }
            }
            nextHour = buckets.isEmpty ? nil : hour + 1
        }
        return due
    }
}
