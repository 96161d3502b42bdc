/// A bucket that holds a burst of tokens and refills at a steady rate: the allowance of one source, host or purpose.
package struct TokenBucket: Sendable {
    /// How large a bucket is and how fast it refills.
    package struct Rate: Hashable, Sendable {
        /// How many tokens a full bucket holds.
        @usableFromInline let burst: Double
        /// How many tokens come back each second.
        @usableFromInline let perSecond: Double

        /// A bucket of `burst` tokens of which `perMinute` come back each minute.
        package init(burst: Int, perMinute: Int) {
            self.burst = Double(burst)
            perSecond = Double(perMinute) / 60
        }
    }

    @usableFromInline let rate: Rate
    @usableFromInline var tokens: Double
    @usableFromInline var updatedAtMilliseconds: Int64

    /// A full bucket.
    @inlinable
    package init(rate: Rate, atMilliseconds now: Int64) {
        self.rate = rate
        tokens = rate.burst
        updatedAtMilliseconds = now
    }

    /// Takes one token if there is one; a refused caller loses nothing by having asked.
    ///
    /// - Parameter now: Milliseconds since any fixed moment. A clock that was set back neither fills nor empties the
    ///   bucket.
    /// - Returns: `nil` when there was a token, else after how long there will be one: 60 s for a bucket that does not
    ///   refill.
    @inlinable
    package mutating func spend(atMilliseconds now: Int64) -> Duration? {
        tokens = refilled(atMilliseconds: now)
        updatedAtMilliseconds = now
        guard tokens >= 1 else {
            return rate.perSecond > 0 ? .seconds((1 - tokens) / rate.perSecond) : .seconds(60)
        }
        tokens -= 1
        return nil
    }

    /// Whether the bucket has refilled: forgetting a full one changes nothing.
    @inlinable
    package func isFull(atMilliseconds now: Int64) -> Bool {
        refilled(atMilliseconds: now) >= rate.burst
    }

    @usableFromInline
    func refilled(atMilliseconds now: Int64) -> Double {
        let elapsedSeconds = max(0, Double(now) - Double(updatedAtMilliseconds)) / 1000
        return min(rate.burst, tokens + elapsedSeconds * rate.perSecond)
    }
}

/// Token buckets by key, in a table that never exceeds its bound.
///
/// At the bound, buckets that have refilled are dropped. If none has, all are: a flood from that many keys is not
/// stopped by counting each, and refusing every new key would help the flood.
package struct TokenBuckets<Key: Hashable & Sendable>: Sendable {
    @usableFromInline var buckets: [Key: TokenBucket] = [:]
    @usableFromInline let bucketsMax: Int

    /// An empty table.
    @inlinable
    package init(bucketsMax: Int) {
        self.bucketsMax = bucketsMax
    }

    /// How many keys have a bucket.
    @inlinable package var count: Int { buckets.count }

    /// Takes one token of the key's bucket if there is one.
    ///
    /// - Parameters:
    ///   - key: Whose bucket.
    ///   - rate: The key's rate, which does not change.
    ///   - now: Milliseconds since any fixed moment.
    /// - Returns: `nil` when there was a token, else after how long there will be one.
    @inlinable
    package mutating func spend(_ key: Key, rate: TokenBucket.Rate, atMilliseconds now: Int64) -> Duration? {
        if buckets[key] == nil, buckets.count >= bucketsMax {
            buckets = buckets.filter { !$0.value.isFull(atMilliseconds: now) }
            if buckets.count >= bucketsMax { buckets.removeAll(keepingCapacity: true) }
        }
        return buckets[key, default: TokenBucket(rate: rate, atMilliseconds: now)].spend(atMilliseconds: now)
    }
}
