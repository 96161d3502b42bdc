import Foundations
package import OAuthProtocol
package import ServerConfiguration
package import SocketHTTP

/// RFC 6749 §10.10: token buckets per source and purpose, in a bounded table, so that one source cannot starve the
/// others and guessing is slow (D-80, LM-1).
package actor SourceLimiter {
    /// The counted purposes; one never spends another's allowance (LM-2).
    package enum Purpose: UInt8, Hashable, Sendable {
        case registration
        case failure
        case authorization
        case metadataFetch
    }

    private var rates: [Purpose: TokenBucket.Rate]
    private let share: NodeShare
    private var buckets: SourceBuckets<Purpose>

    /// A limiter with a rate for each purpose; purposes without a rate are not limited.
    ///
    /// - Parameters:
    ///   - rates: How many each purpose allows.
    ///   - bucketsMax: Bound of the table.
    ///   - share: This node's part of the rates.
    package init(rates: [Purpose: Configuration.Rate], bucketsMax: Int = 65_536, share: NodeShare = .whole) {
        self.share = share
        self.rates = rates.mapValues(TokenBucket.Rate.init)
        buckets = SourceBuckets(bucketsMax: bucketsMax)
    }

    /// Takes other rates for these purposes; what sources have spent remains spent.
    func adopt(_ rates: [Purpose: Configuration.Rate]) {
        self.rates.merge(rates.mapValues(TokenBucket.Rate.init)) { $1 }
    }

    /// Takes one token from the bucket of the source, and of the networks around it; `nil` when there was one,
    /// otherwise the wait until the next.
    package func spend(_ purpose: Purpose, source: IPAddress, now: Timestamp) -> Duration? {
        guard let rate = rates[purpose].map(share.of) else { return nil }
        return buckets.spend(purpose, source: source, rate: rate, atMilliseconds: now.millisecondsSinceEpoch)
    }

    /// How many sources are tracked, for metrics.
    package var count: Int {
        buckets.count
    }
}

extension TokenBucket.Rate {
    /// The rate that the configuration names.
    init(_ rate: Configuration.Rate) {
        self.init(burst: rate.burst, perMinute: rate.perMinute)
    }
}
