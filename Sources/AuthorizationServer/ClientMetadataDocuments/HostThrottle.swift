import Foundations
import OAuthProtocol
import ServerConfiguration

/// D-90: a token bucket for each host, so that made-up URLs cannot direct this server at a victim (CM-7).
struct HostThrottle: Sendable {
    private let rate: TokenBucket.Rate
    private var buckets: TokenBuckets<String>

    /// Buckets of the given size, in a table of at most `bucketsMax`.
    init(rate: Configuration.Rate, bucketsMax: Int = 16_384) {
        self.rate = TokenBucket.Rate(rate)
        buckets = TokenBuckets(bucketsMax: bucketsMax)
    }

    /// Takes one token from the host's bucket; false when it is empty.
    mutating func admit(_ host: String, now: Timestamp) -> Bool {
        buckets.spend(host, rate: rate, atMilliseconds: now.millisecondsSinceEpoch) == nil
    }
}
