package import OAuthProtocol
package import OpenSSLCrypto
package import ServerConfiguration
package import SocketHTTP
import Synchronization

/// RFC 6749 §10.10: how often a source may guess each secret, asked before a guess is compared (D-80).
///
/// Each pair of a source and a secret has a bucket, and so has each source for all clients' secrets together. With an
/// empty bucket nothing is compared, so that the right secret is no better than a wrong one. The pair's bucket is the
/// smaller: a source that guesses one client's secret is stopped there, before the other clients behind its address
/// notice. A client that has proven itself from a source depends on its own bucket only.
///
/// An IPv6 site is one source: with a /48 a guesser has 65,536 networks (S-16).
///
/// A lock guards the table, not an actor: each request of a confidential client asks it, and its turn takes less time
/// than a task's way to an actor and back.
package final class GuessLimiter: Sendable {
    /// The secret that is guessed.
    package enum Subject: Hashable, Sendable {
        /// The secret or the key of a client.
        case client(id: String)
        /// The signature of a workload's assertion, which needs no client authentication.
        case workload(issuer: String, subject: String)
        /// The signature of a DPoP proof, by the proof's header, which needs no client.
        case proof(header: SHA256Digest)
        /// The secret of the proxy that asks for forward authentication.
        case proxy
        /// The administrator's token.
        case administrator
        /// The token with which an identity provider ends its users' sessions.
        case identityProvider
        /// The token without which no client may register.
        case initialAccessToken
        /// The token that manages a registration.
        case registration(clientID: String)

        /// Whether it is one of many, so that a source can try another when the allowance of one is spent.
        var isOneOfMany: Bool {
            switch self {
            case .client, .workload, .proof, .registration: true
            case .proxy, .administrator, .identityProvider, .initialAccessToken: false
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

    private let table: Mutex<GuessTable>

    /// A limiter that allows a source `rate` for all clients together, and a fifth of it for each secret.
    ///
    /// - Parameters:
    ///   - rate: The allowance of one source.
    ///   - countMax: Bound of each table.
    ///   - share: This node's part of the rate.
    package init(rate: Configuration.Rate, countMax: Int = 65_536, share: NodeShare = .whole) {
        table = Mutex(GuessTable(rate: rate, countMax: countMax, share: share))
    }

    /// Takes another rate; what was charged remains charged.
    func adopt(_ rate: Configuration.Rate) {
        table.withLock { $0.adopt(rate) }
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
        isRight: () -> Bool
    ) -> Verdict {
        table.withLock { $0.attempt(subject, from: source, now: now, isRight: isRight) }
    }

    /// Asks for the allowance of one guess before something slow decides whether it is right, such as a signature.
    ///
    /// - Returns: The refusal when the allowance is spent; `nil` when the guess may be examined. Exactly one of
    ///   ``succeed(_:from:now:)``, ``fail(_:from:now:)`` and ``release(_:from:)`` follows then.
    package func begin(_ subject: Subject, from source: IPAddress, now: Timestamp) -> Verdict? {
        table.withLock { $0.begin(subject, from: source, now: now) }
    }

    /// Ends the examination of a guess that was not examined in the end.
    package func release(_ subject: Subject, from source: IPAddress) {
        table.withLock { $0.release(subject, from: source) }
    }

    /// Ends the examination of a right guess.
    package func succeed(_ subject: Subject, from source: IPAddress, now: Timestamp) {
        table.withLock { $0.succeed(subject, from: source, now: now) }
    }

    /// Ends the examination of a wrong guess, which is charged; returns the source's failures of this kind so far.
    package func fail(_ subject: Subject, from source: IPAddress, now: Timestamp) -> Int {
        table.withLock { $0.fail(subject, from: source, now: now) }
    }

    /// How many secrets have an allowance that is not full for some source, for metrics.
    package var count: Int { table.withLock(\.count) }
}
