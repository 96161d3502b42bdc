package import OAuthProtocol
package import ServerConfiguration
package import SocketHTTP

/// RFC 6749 §10.10: token buckets per source and purpose, in a bounded table, so that one source cannot starve the rest
/// and guessing is slow (D-80, LM-1).
package actor SourceLimiter {
    /// What is counted; one purpose never spends another's allowance (LM-2).
    package enum Purpose: UInt8, Hashable, Sendable {
        case registration
        case failure
        case authorization
        case metadataFetch
    }

    private struct Key: Hashable {
        let source: IPAddress
        let purpose: Purpose
    }

    private struct Bucket {
        var tokens: Double
        var updatedAt: Timestamp
    }

    private let rates: [Purpose: Configuration.Rate]
    private var buckets: [Key: Bucket] = [:]
    private let bucketsMax: Int

    /// A limiter with a rate for each purpose; purposes without a rate are not limited.
    ///
    /// - Parameters:
    ///   - rates: How many each purpose allows.
    ///   - bucketsMax: Bound of the table. At the bound, buckets that have refilled are dropped; if none has, all are,
    ///     for a flood from so many sources is not stopped by counting each.
    package init(rates: [Purpose: Configuration.Rate], bucketsMax: Int = 65_536) {
        self.rates = rates
        self.bucketsMax = bucketsMax
    }

    /// Takes one token of the source's bucket; `nil` when there was one, else after how long there will be.
    package func spend(_ purpose: Purpose, source: IPAddress, now: Timestamp) -> Duration? {
        guard let rate = rates[purpose] else { return nil }
        let key = Key(source: source.network, purpose: purpose)
        let perSecond = Double(rate.perMinute) / 60
        var bucket = buckets[key] ?? Bucket(tokens: Double(rate.burst), updatedAt: now)
        let elapsed = Double(max(0, (now - bucket.updatedAt).wholeMilliseconds)) / 1000
        bucket.tokens = min(Double(rate.burst), bucket.tokens + elapsed * perSecond)
        bucket.updatedAt = now
        defer { store(bucket, for: key, now: now) }
        guard bucket.tokens >= 1 else {
            return perSecond > 0 ? .seconds((1 - bucket.tokens) / perSecond) : .seconds(60)
        }
        bucket.tokens -= 1
        return nil
    }

    /// How many sources are tracked, for the metric.
    package var count: Int {
        buckets.count
    }

    private func store(_ bucket: Bucket, for key: Key, now: Timestamp) {
        if buckets.count >= bucketsMax, buckets[key] == nil {
            buckets = buckets.filter { key, bucket in
                guard let rate = rates[key.purpose] else { return false }
                let elapsed = Double(max(0, (now - bucket.updatedAt).wholeMilliseconds)) / 1000
                return bucket.tokens + elapsed * Double(rate.perMinute) / 60 < Double(rate.burst)
            }
            if buckets.count >= bucketsMax {
                buckets.removeAll(keepingCapacity: true)
            }
        }
        buckets[key] = bucket
    }
}
