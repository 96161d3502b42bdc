import Foundations
import OAuthProtocol
import ServerConfiguration
import SocketHTTP

/// The allowances and proofs of ``GuessLimiter``.
struct GuessTable {
    typealias Subject = GuessLimiter.Subject
    typealias Verdict = GuessLimiter.Verdict

    private struct Pair: Hashable {
        let source: IPAddress
        /// A hash, because a client's id may have 2 KiB.
        ///
        /// A collision of this hash, which is keyed anew in each process, only merges two
        /// allowances.
        let subject: Int

        init(_ source: IPAddress, _ subject: Subject) {
            self.source = source.site
            var hasher = Hasher()
            hasher.combine(subject)
            self.subject = hasher.finalize()
        }
    }

    private struct SourceKind: Hashable {
        let source: IPAddress
        let kind: Int

        init(_ source: IPAddress, _ subject: Subject) {
            self.source = source.site
            kind =
                switch subject {
                case .client: 0
                case .proxy: 1
                case .administrator: 2
                case .initialAccessToken: 3
                case .workload: 4
                case .proof: 5
                case .registration: 6
                case .identityProvider: 7
                }
        }
    }

    private var rate: TokenBucket.Rate
    private var pairRate: TokenBucket.Rate
    private let countMax: Int
    private let share: NodeShare
    private var pairs: TokenBuckets<Pair>
    private var sources: TokenBuckets<IPAddress>
    private var failures: [SourceKind: Int] = [:]
    private var proven: [Pair: Timestamp] = [:]
    /// How many guesses of each pair are being examined now.
    private var examined: [Pair: Int] = [:]
    /// How many guesses of a pair may be examined at the same time, whatever the allowance.
    ///
    /// A client with many requests at once has not failed yet. Wrong ones are charged afterwards.
    static let examinedMax = 64

    /// How long a proof is remembered.
    static let provenLifetime = Duration.seconds(86_400)
    /// How old a remembered proof is before a further one replaces it, which spares a write for each request.
    private static let provenRenewal = Duration.seconds(3600)

    /// An empty table.
    init(rate: Configuration.Rate, countMax: Int, share: NodeShare) {
        self.share = share
        self.rate = TokenBucket.Rate(rate)
        pairRate = Self.pairRate(rate)
        self.countMax = countMax
        pairs = TokenBuckets(bucketsMax: countMax)
        sources = TokenBuckets(bucketsMax: countMax)
    }

    private static func pairRate(_ rate: Configuration.Rate) -> TokenBucket.Rate {
        TokenBucket.Rate(burst: max(1, rate.burst / 5), perMinute: max(1, rate.perMinute / 5))
    }

    /// Takes another rate; what was charged remains charged.
    mutating func adopt(_ rate: Configuration.Rate) {
        self.rate = TokenBucket.Rate(rate)
        pairRate = Self.pairRate(rate)
    }

    mutating func attempt(
        _ subject: Subject,
        from source: IPAddress,
        now: Timestamp,
        isRight: () -> Bool
    ) -> Verdict {
        let pair = Pair(source, subject)
        if let wait = wait(pair, subject, now) {
            return .refused(retryAfter: wait, failureCount: countFailure(subject, source))
        }
        guard isRight() else {
            charge(subject, source, now)
            return .wrong(failureCount: countFailure(subject, source))
        }
        remember(pair, now)
        return .right
    }

    mutating func begin(_ subject: Subject, from source: IPAddress, now: Timestamp) -> Verdict? {
        let pair = Pair(source, subject)
        if let wait = wait(pair, subject, now) {
            return .refused(retryAfter: wait, failureCount: countFailure(subject, source))
        }
        guard examined[pair, default: 0] < Self.examinedMax else {
            return .refused(retryAfter: .seconds(1), failureCount: countFailure(subject, source))
        }
        examined[pair, default: 0] += 1
        return nil
    }

    mutating func release(_ subject: Subject, from source: IPAddress) {
        let pair = Pair(source, subject)
        let rest = examined[pair, default: 0] - 1
        examined[pair] = rest > 0 ? rest : nil
    }

    mutating func succeed(_ subject: Subject, from source: IPAddress, now: Timestamp) {
        release(subject, from: source)
        remember(Pair(source, subject), now)
    }

    mutating func fail(_ subject: Subject, from source: IPAddress, now: Timestamp) -> Int {
        release(subject, from: source)
        charge(subject, source, now)
        return countFailure(subject, source)
    }

    var count: Int { pairs.count }

    // A proven client does not depend on what others behind its address do.
    private func wait(_ pair: Pair, _ subject: Subject, _ now: Timestamp) -> Duration? {
        let milliseconds = now.millisecondsSinceEpoch
        if let wait = pairs.wait(pair, rate: share.of(pairRate), atMilliseconds: milliseconds) { return wait }
        guard subject.isOneOfMany,
            let wait = sources.wait(pair.source, rate: share.of(rate), atMilliseconds: milliseconds)
        else { return nil }
        let isProven = proven[pair].map { now - $0 < Self.provenLifetime } ?? false
        return isProven ? nil : wait
    }

    private mutating func charge(_ subject: Subject, _ source: IPAddress, _ now: Timestamp) {
        let milliseconds = now.millisecondsSinceEpoch
        pairs.charge(Pair(source, subject), rate: share.of(pairRate), atMilliseconds: milliseconds)
        guard subject.isOneOfMany else { return }
        sources.charge(source.site, rate: share.of(rate), atMilliseconds: milliseconds)
    }

    private mutating func countFailure(_ subject: Subject, _ source: IPAddress) -> Int {
        let key = SourceKind(source, subject)
        // The counts only thin out the audit trail: at the bound it says more for a while.
        if failures.count >= countMax, failures[key] == nil { failures.removeAll(keepingCapacity: true) }
        failures[key, default: 0] += 1
        return failures[key, default: 1]
    }

    // At the bound, pairs that are still in use stay: strangers who prove themselves from many addresses must not take
    // from others what those have earned.
    private mutating func remember(_ pair: Pair, _ now: Timestamp) {
        if let known = proven[pair] {
            guard now - known >= Self.provenRenewal else { return }
        } else if proven.count >= countMax {
            proven = proven.filter { now - $0.value < Self.provenLifetime }
            guard proven.count < countMax else { return }
        }
        proven[pair] = now
    }
}
