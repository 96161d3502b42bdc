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

        @usableFromInline
        init(burst: Double, perSecond: Double) {
            self.burst = burst
            self.perSecond = perSecond
        }

        /// A bucket of which several sources live together.
        @inlinable
        package func multiplied(by factor: Double) -> Rate {
            Rate(burst: burst * factor, perSecond: perSecond * factor)
        }

        /// The part of one of `count` that share the rate; a bucket of it holds at least one token.
        @inlinable
        package func divided(by count: Int) -> Rate {
            guard count > 1 else { return self }
            return Rate(burst: max(1, burst / Double(count)), perSecond: perSecond / Double(count))
        }
    }

    @usableFromInline var rate: Rate
    @usableFromInline var tokens: Double
    @usableFromInline var updatedAtMilliseconds: Int64

    /// A full bucket.
    @inlinable
    package init(rate: Rate, atMilliseconds now: Int64) {
        self.rate = rate
        tokens = rate.burst
        updatedAtMilliseconds = now
    }

    /// Takes another rate: what is spent or owed remains so.
    @inlinable
    package mutating func adopt(_ rate: Rate, atMilliseconds now: Int64) {
        guard rate != self.rate else { return }
        tokens = refilled(atMilliseconds: now) - self.rate.burst + rate.burst
        updatedAtMilliseconds = now
        self.rate = rate
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

    /// Returns a token that was taken for nothing.
    @inlinable
    package mutating func refund() {
        tokens = min(rate.burst, tokens + 1)
    }

    /// After how long there will be a token; `nil` when there is one now.
    ///
    /// Takes nothing.
    @inlinable
    package func wait(atMilliseconds now: Int64) -> Duration? {
        let tokens = refilled(atMilliseconds: now)
        guard tokens < 1 else { return nil }
        return rate.perSecond > 0 ? .seconds((1 - tokens) / rate.perSecond) : .seconds(60)
    }

    /// Takes a token whether or not there is one, when only afterwards it is known what counts.
    ///
    /// A debt is paid before there is a token again.
    @inlinable
    package mutating func charge(atMilliseconds now: Int64) {
        tokens = refilled(atMilliseconds: now) - 1
        updatedAtMilliseconds = now
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
/// At the bound, buckets that have refilled are dropped. If none has, further keys share a few buckets: emptying the
/// table would give every key that is slowed down its allowance again, and refusing every new key would help the flood.
package struct TokenBuckets<Key: Hashable & Sendable>: Sendable {
    @usableFromInline var buckets: [Key: TokenBucket] = [:]
    @usableFromInline let bucketsMax: Int
    /// The buckets of keys that found no room, by a hash that others cannot predict.
    @usableFromInline var sharedBuckets: [SharedPlace: TokenBucket] = [:]
    @usableFromInline var sweptAtMilliseconds = Int64.min

    /// Which keys share a bucket: those of one rate, in 256 parts.
    @usableFromInline
    struct SharedPlace: Hashable, Sendable {
        @usableFromInline let part: Int
        @usableFromInline let rate: TokenBucket.Rate

        @usableFromInline
        init(_ key: Key, _ rate: TokenBucket.Rate) {
            part = key.hashValue & 255
            self.rate = rate
        }
    }

    /// An empty table.
    @inlinable
    package init(bucketsMax: Int) {
        self.bucketsMax = bucketsMax
    }

    /// How many keys have a bucket of their own.
    @inlinable package var count: Int { buckets.count }

    /// Takes one token of the key's bucket if there is one.
    ///
    /// - Parameters:
    ///   - key: Whose bucket.
    ///   - rate: The key's rate; a bucket that was made with another one takes it.
    ///   - now: Milliseconds since any fixed moment.
    /// - Returns: `nil` when there was a token, else after how long there will be one.
    @inlinable
    package mutating func spend(_ key: Key, rate: TokenBucket.Rate, atMilliseconds now: Int64) -> Duration? {
        guard hasRoom(for: key, atMilliseconds: now) else {
            let fresh = TokenBucket(rate: rate, atMilliseconds: now)
            return sharedBuckets[SharedPlace(key, rate), default: fresh].spend(atMilliseconds: now)
        }
        return withBucket(key, rate: rate, atMilliseconds: now) { $0.spend(atMilliseconds: now) }
    }

    @inlinable
    mutating func withBucket<Result>(
        _ key: Key,
        rate: TokenBucket.Rate,
        atMilliseconds now: Int64,
        _ body: (inout TokenBucket) -> Result
    ) -> Result {
        func use(_ bucket: inout TokenBucket) -> Result {
            bucket.adopt(rate, atMilliseconds: now)
            return body(&bucket)
        }
        return use(&buckets[key, default: TokenBucket(rate: rate, atMilliseconds: now)])
    }

    /// Whether the key has a bucket of its own or can have one.
    ///
    /// A full table is searched for buckets that have refilled once a second at most: a flood must not have it searched
    /// for each of its requests.
    @inlinable
    package mutating func hasRoom(for key: Key, atMilliseconds now: Int64) -> Bool {
        if buckets.count < bucketsMax || buckets[key] != nil { return true }
        guard now < sweptAtMilliseconds || now - 1000 >= sweptAtMilliseconds else { return false }
        sweptAtMilliseconds = now
        buckets = buckets.filter { !$0.value.isFull(atMilliseconds: now) }
        return buckets.count < bucketsMax
    }

    /// Returns a token that the key's bucket gave for nothing.
    @inlinable
    package mutating func refund(_ key: Key) {
        buckets[key]?.refund()
    }

    /// After how long the key's bucket, at this rate, has a token; `nil` when it has one now.
    ///
    /// Takes nothing.
    @inlinable
    package func wait(_ key: Key, rate: TokenBucket.Rate, atMilliseconds now: Int64) -> Duration? {
        guard var bucket = buckets[key] else { return nil }
        bucket.adopt(rate, atMilliseconds: now)
        return bucket.wait(atMilliseconds: now)
    }

    /// Takes a token of the key's bucket whether or not there is one.
    @inlinable
    package mutating func charge(_ key: Key, rate: TokenBucket.Rate, atMilliseconds now: Int64) {
        makeRoom(for: key, atMilliseconds: now)
        withBucket(key, rate: rate, atMilliseconds: now) { $0.charge(atMilliseconds: now) }
    }

    // When no bucket has refilled, the half that has most tokens is dropped: keys that are slowed down stay so, and a
    // flood of keys with one charge each drops its own buckets first.
    @usableFromInline
    mutating func makeRoom(for key: Key, atMilliseconds now: Int64) {
        guard buckets[key] == nil, buckets.count >= bucketsMax else { return }
        buckets = buckets.filter { !$0.value.isFull(atMilliseconds: now) }
        guard buckets.count >= bucketsMax else { return }
        let poorest = buckets.map { (key: $0.key, tokens: $0.value.refilled(atMilliseconds: now)) }
            .sorted { $0.tokens < $1.tokens }
            .prefix(bucketsMax / 2)
        let kept = buckets
        buckets.removeAll(keepingCapacity: true)
        for entry in poorest { buckets[entry.key] = kept[entry.key] }
    }
}
