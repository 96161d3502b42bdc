import Foundations
import OAuthProtocol
import ServerConfiguration
import SocketHTTP

/// D-90, CM-7: how often hosts that strangers name are asked, so that made-up URLs cannot direct this server at a
/// victim, and cannot use up the allowance of a host's real clients.
///
/// What is unknown pays from its host's bucket, which all sources share, and from the source's share of that host,
/// which is returned when the fetch succeeds: one source that makes up URLs (S-15) spends its share and leaves the rest
/// of the host's bucket to others. What is known has a bucket of its own.
struct FetchAllowance: Sendable {
    /// What a fetch has taken from a source's share.
    struct Charge: Sendable, Hashable {
        fileprivate let host: String
        fileprivate let source: IPAddress
    }

    /// The outcome of asking.
    enum Admission: Sendable {
        case refused
        /// The fetch may start; `charge` is what its success returns.
        case admitted(charge: Charge?)
    }

    /// The most hosts, and the most shares, that are counted.
    private static let bucketsMax = 16_384

    private let limitsLoopback: Bool
    private let share: NodeShare
    private let fetchRate: TokenBucket.Rate
    private let renewalRate: TokenBucket.Rate
    private let shareRate: TokenBucket.Rate
    private var fetches = TokenBuckets<String>(bucketsMax: Self.bucketsMax)
    private var renewals = TokenBuckets<String>(bucketsMax: Self.bucketsMax)
    private var shares = TokenBuckets<Charge>(bucketsMax: Self.bucketsMax)

    /// Allowances of the given sizes for each host.
    init(_ limits: DocumentFetchLimits, renewals: Configuration.Rate) {
        let fetches = limits.perHost
        limitsLoopback = limits.limitsLoopbackHosts
        share = limits.share
        fetchRate = TokenBucket.Rate(fetches)
        renewalRate = TokenBucket.Rate(renewals)
        // A third of the host's bucket: two more sources find theirs while one wastes its own.
        shareRate = TokenBucket.Rate(burst: max(1, fetches.burst / 3), perMinute: max(1, fetches.perMinute / 3))
    }

    /// Asks whether a fetch may start.
    ///
    /// - Parameters:
    ///   - host: The host in lower case.
    ///   - isLoopback: Whether the host is this machine, which only the rates of an operator limit (N-8).
    ///   - source: Who caused the fetch; `nil` for the server itself.
    ///   - isKnown: Whether it renews what was usable before.
    ///   - now: The current time.
    /// - Returns: Whether it may, and what its success returns.
    mutating func admit(
        _ host: String,
        isLoopback: Bool,
        source: IPAddress?,
        isKnown: Bool,
        now: Timestamp
    ) -> Admission {
        if isLoopback, !limitsLoopback { return .admitted(charge: nil) }
        let time = now.millisecondsSinceEpoch
        if isKnown {
            let isAdmitted = renewals.spend(host, rate: share.of(renewalRate), atMilliseconds: time) == nil
            return isAdmitted ? .admitted(charge: nil) : .refused
        }
        let charge = source.map { Charge(host: host, source: $0.site) }
        if let charge, shares.spend(charge, rate: share.of(shareRate), atMilliseconds: time) != nil { return .refused }
        guard fetches.spend(host, rate: share.of(fetchRate), atMilliseconds: time) == nil else {
            if let charge { shares.refund(charge) }
            return .refused
        }
        return .admitted(charge: charge)
    }

    /// Returns to the source what a successful fetch had taken from its share.
    mutating func succeeded(_ charge: Charge?) {
        if let charge { shares.refund(charge) }
    }
}
