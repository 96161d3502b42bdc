import Foundations
package import OAuthProtocol
package import ServerConfiguration
package import SocketHTTP

/// RFC 6749 §10.10: how often a source may guess each secret, asked before a guess is compared (D-80).
///
/// Each pair of a source and a secret has a bucket, and so has each source for all clients' secrets together. With an
/// empty bucket nothing is compared, so that the right secret is no better than a wrong one. The pair's bucket is the
/// smaller: a source that guesses one client's secret is stopped there, before the other clients behind its address
/// notice. A client that has proven itself from a source depends on its own bucket only.
///
/// An IPv6 site is one source: with a /48 a guesser has 65,536 networks (S-16).
package actor GuessLimiter {
    /// The secret that is guessed.
    package enum Subject: Hashable, Sendable {
        /// The secret or the key of a client.
        case client(id: String)
        /// The signature of a workload's assertion, which needs no client authentication.
        case workload(issuer: String, subject: String)
        /// The secret of the proxy that asks for forward authentication.
        case proxy
        /// The administrator's token.
        case administrator
        /// The token without which no client may register.
        case initialAccessToken
        /// The token that manages a registration.
        case registration(clientID: String)

        /// Whether it is one of many, so that a source can try another when the allowance of one is spent.
        var isOneOfMany: Bool {
            switch self {
            case .client, .workload, .registration: true
            case .proxy, .administrator, .initialAccessToken: false
            }
        }
    }

    /// What became of a guess.
    package enum Verdict: Hashable, Sendable {
        /// It was right.
        case right
        /// It was wrong; the source's failures of this kind so far.
        case wrong(failureCount: Int)
        /// It was not compared, because the allowance is spent.
        case refused(retryAfter: Duration, failureCount: Int)
    }

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
                case .registration: 5
                }
        }
    }

    private let rate: TokenBucket.Rate
    private let pairRate: TokenBucket.Rate
    private let countMax: Int
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

    /// A limiter that allows a source `rate` for all clients together, and a fifth of it for each secret.
    ///
    /// - Parameters:
    ///   - rate: The allowance of one source.
    ///   - countMax: Bound of each table.
    package init(rate: Configuration.Rate, countMax: Int = 65_536) {
        self.rate = TokenBucket.Rate(rate)
        pairRate = TokenBucket.Rate(burst: max(1, rate.burst / 5), perMinute: max(1, rate.perMinute / 5))
        self.countMax = countMax
        pairs = TokenBuckets(bucketsMax: countMax)
        sources = TokenBuckets(bucketsMax: countMax)
    }

    /// Compares a guess if the allowance permits it; a wrong one is counted.
    ///
    /// - Parameters:
    ///   - subject: The secret that is guessed.
    ///   - source: The address of the request.
    ///   - now: The time of the request.
    ///   - isRight: Compares digests that were computed before; nothing slower.
    /// - Returns: What became of the guess.
    package func attempt(
        _ subject: Subject,
        from source: IPAddress,
        now: Timestamp,
        isRight: @Sendable () -> Bool
    ) -> Verdict {
        if let wait = wait(subject, source, now) {
            return .refused(retryAfter: wait, failureCount: countFailure(subject, source))
        }
        guard isRight() else {
            charge(subject, source, now)
            return .wrong(failureCount: countFailure(subject, source))
        }
        remember(Pair(source, subject), now)
        return .right
    }

    /// Asks for the allowance of one guess before something slow decides whether it is right, such as a signature.
    ///
    /// - Returns: The refusal when the allowance is spent; `nil` when the guess may be examined. Exactly one of
    ///   ``succeed(_:from:now:)``, ``fail(_:from:now:)`` and ``release(_:from:)`` follows then.
    package func begin(_ subject: Subject, from source: IPAddress, now: Timestamp) -> Verdict? {
        if let wait = wait(subject, source, now) {
            return .refused(retryAfter: wait, failureCount: countFailure(subject, source))
        }
        let pair = Pair(source, subject)
        guard examined[pair, default: 0] < Self.examinedMax else {
            return .refused(retryAfter: .seconds(1), failureCount: countFailure(subject, source))
        }
        examined[pair, default: 0] += 1
        return nil
    }

    /// Ends the examination of a guess that was not examined in the end.
    package func release(_ subject: Subject, from source: IPAddress) {
        let pair = Pair(source, subject)
        let rest = examined[pair, default: 0] - 1
        examined[pair] = rest > 0 ? rest : nil
    }

    /// Ends the examination of a right guess.
    package func succeed(_ subject: Subject, from source: IPAddress, now: Timestamp) {
        release(subject, from: source)
        remember(Pair(source, subject), now)
    }

    /// Ends the examination of a wrong guess, which is charged; returns the source's failures of this kind so far.
    package func fail(_ subject: Subject, from source: IPAddress, now: Timestamp) -> Int {
        release(subject, from: source)
        charge(subject, source, now)
        return countFailure(subject, source)
    }

    /// How many secrets have an allowance that is not full for some source, for metrics.
    package var count: Int { pairs.count }

    // A proven client does not depend on what others behind its address do.
    private func wait(_ subject: Subject, _ source: IPAddress, _ now: Timestamp) -> Duration? {
        let pair = Pair(source, subject)
        if let wait = pairs.wait(pair, atMilliseconds: now.millisecondsSinceEpoch) { return wait }
        guard subject.isOneOfMany,
            let wait = sources.wait(source.site, atMilliseconds: now.millisecondsSinceEpoch)
        else { return nil }
        let isProven = proven[pair].map { now - $0 < Self.provenLifetime } ?? false
        return isProven ? nil : wait
    }

    private func charge(_ subject: Subject, _ source: IPAddress, _ now: Timestamp) {
        let milliseconds = now.millisecondsSinceEpoch
        pairs.charge(Pair(source, subject), rate: pairRate, atMilliseconds: milliseconds)
        guard subject.isOneOfMany else { return }
        sources.charge(source.site, rate: rate, atMilliseconds: milliseconds)
    }

    private func countFailure(_ subject: Subject, _ source: IPAddress) -> Int {
        let key = SourceKind(source, subject)
        // The counts only thin out the audit trail: at the bound it says more for a while.
        if failures.count >= countMax, failures[key] == nil { failures.removeAll(keepingCapacity: true) }
        failures[key, default: 0] += 1
        return failures[key, default: 1]
    }

    // At the bound, pairs that are still in use stay: strangers who prove themselves from many addresses must not take
    // from others what those have earned.
    private func remember(_ pair: Pair, _ now: Timestamp) {
        if let known = proven[pair] {
            guard now - known >= Self.provenRenewal else { return }
        } else if proven.count >= countMax {
            proven = proven.filter { now - $0.value < Self.provenLifetime }
            guard proven.count < countMax else { return }
        }
        proven[pair] = now
    }
}
