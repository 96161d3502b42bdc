import OAuthProtocol
import ServerConfiguration

/// D-90: a token bucket for each host, so that nobody can aim this server at a victim by making up URLs there (CM-7).
struct HostThrottle: Sendable {
    private struct Bucket {
        var tokens: Double
        var updatedAt: Timestamp
    }

    private let rate: Configuration.Rate
    private let bucketsMax: Int
    private var buckets: [String: Bucket] = [:]

    /// Buckets of the given size; at the bound of the table those that have refilled are dropped, and if none has, all.
    init(rate: Configuration.Rate, bucketsMax: Int = 16_384) {
        self.rate = rate
        self.bucketsMax = bucketsMax
    }

    /// Takes one token of the host's bucket; false when there is none.
    mutating func admit(_ host: String, now: Timestamp) -> Bool {
        var bucket = buckets[host] ?? Bucket(tokens: Double(rate.burst), updatedAt: now)
        bucket = refilled(bucket, now: now)
        let isAdmitted = bucket.tokens >= 1
        if isAdmitted {
            bucket.tokens -= 1
        }
        if buckets.count >= bucketsMax, buckets[host] == nil {
            makeRoom(now: now)
        }
        buckets[host] = bucket
        return isAdmitted
    }

    private func refilled(_ bucket: Bucket, now: Timestamp) -> Bucket {
        let elapsed = Double(max(0, (now - bucket.updatedAt).wholeMilliseconds)) / 1000
        return Bucket(
            tokens: min(Double(rate.burst), bucket.tokens + elapsed * Double(rate.perMinute) / 60),
            updatedAt: now
        )
    }

    private mutating func makeRoom(now: Timestamp) {
        buckets = buckets.filter { refilled($0.value, now: now).tokens < Double(rate.burst) }
        if buckets.count >= bucketsMax {
            buckets.removeAll(keepingCapacity: true)
        }
    }
}
