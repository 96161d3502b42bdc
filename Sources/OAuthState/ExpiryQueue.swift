import DequeModule
import OAuthProtocol

/// Keys in the order of their expiry, for tables whose entries all have the same lifetime: O(1) in and out.
struct ExpiryQueue<Key: Sendable>: Sendable {
    /// In chunks of at most ``chunkCount``, because a single array would be copied as a whole each time it grows.
    private var chunks: Deque<[(expiry: Timestamp, key: Key)]> = []
    /// How many keys of the first chunk have been taken.
    private var takenCount = 0
    private static var chunkCount: Int { 1024 }

    /// Adds a key.
    ///
    /// Its expiry must not be earlier than that of a previous key by more than a step back of the clock. Such a key
    /// only leaves its table late, because every use checks the expiry again.
    mutating func append(_ key: Key, expiry: Timestamp) {
        if chunks.last.map({ $0.count == Self.chunkCount }) ?? true { chunks.append([]) }
        chunks[chunks.count - 1].append((expiry, key))
    }

    /// Takes the next expired key.
    mutating func popExpired(now: Timestamp) -> Key? {
        guard let chunk = chunks.first, chunk[takenCount].expiry <= now else { return nil }
        let key = chunk[takenCount].key
        takenCount += 1
        if takenCount == chunk.count {
            chunks.removeFirst()
            takenCount = 0
        }
        return key
    }
}

/// Keys bucketed by the hour or minute in which they may expire, for entries whose lifetimes differ or are prolonged by
/// use.
///
/// A key is examined once after its bucket's time, and moved on if it was prolonged: amortized O(1), without scans.
struct ExpiryBuckets<Key: Sendable>: Sendable {
    private var buckets: [Int64: [Key]] = [:]
    private var nextBucket: Int64?
    private let width: Width

    /// How long keys may stay past their expiry, to keep the number of buckets small.
    enum Width: Int64, Sendable {
        case minute = 60
        case hour = 3600
    }

    /// An empty queue.
    init(of width: Width) {
        self.width = width
    }

    private func bucket(of moment: Timestamp) -> Int64 {
        moment.secondsSinceEpoch / width.rawValue
    }

    /// Adds a key that may expire at `expiry`.
    mutating func insert(_ key: Key, expiry: Timestamp) {
        let bucket = self.bucket(of: expiry)
        buckets[bucket, default: []].append(key)
        nextBucket = min(nextBucket ?? bucket, bucket)
    }

    /// Takes up to `limit` keys whose bucket's time has passed.
    mutating func popDue(now: Timestamp, limit: Int) -> [Key] {
        var due: [Key] = []
        let present = bucket(of: now)
        while let bucket = nextBucket, bucket < present, due.count < limit {
            if var keys = buckets.removeValue(forKey: bucket) {
                let taken = min(limit - due.count, keys.count)
                due.append(contentsOf: keys.suffix(taken))
                keys.removeLast(taken)
                if !keys.isEmpty {
                    buckets[bucket] = keys
                    return due
                }
            }
            nextBucket = buckets.isEmpty ? nil : bucket + 1
        }
        return due
    }
}
