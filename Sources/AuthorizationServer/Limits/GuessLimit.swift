import OAuthProtocol

/// RFC 6749 §10.10: guards each comparison of a secret: too many wrong ones from a source, and nothing is compared.
///
/// Wrong guesses are in the audit trail: the first of a source, and then each whose number is a power of two.
package struct GuessLimit: Sendable {
    private let limiter: GuessLimiter
    private let metrics: ServerMetrics
    private let audit: AuditTrail

    /// A guard that counts in `limiter`.
    package init(limiter: GuessLimiter, metrics: ServerMetrics, audit: AuditTrail) {
        self.limiter = limiter
        self.metrics = metrics
        self.audit = audit
    }

    /// Whether a guess is right.
    ///
    /// - Parameters:
    ///   - subject: The secret that is guessed.
    ///   - context: The request's time and source.
    ///   - isRight: Compares two digests; not called when the allowance is spent.
    /// - Returns: Whether it is right.
    /// - Throws: 429 when the allowance is spent.
    func check(
        _ subject: GuessLimiter.Subject,
        _ context: RequestContext,
        isRight: () -> Bool
    ) throws(OAuthError) -> Bool {
        switch limiter.attempt(subject, from: context.source, now: context.now, isRight: isRight) {
        case .right: return true
        case .wrong(let count):
            record(subject, count, context)
            return false
        case .refused(let retryAfter, let count):
            throw refusal(subject, retryAfter, count, context)
        }
    }

    /// Asks for the allowance of a guess that is slow to examine; ``end(_:isRight:_:)`` follows.
    ///
    /// - Throws: 429 when the allowance is spent.
    func begin(_ subject: GuessLimiter.Subject, _ context: RequestContext) throws(OAuthError) {
        guard
            case .refused(let retryAfter, let count) = limiter.begin(
                subject,
                from: context.source,
                now: context.now
            )
        else { return }
        throw refusal(subject, retryAfter, count, context)
    }

    /// Interrupts the examination while it waits for something; ``begin(_:_:)`` precedes its resumption.
    func release(_ subject: GuessLimiter.Subject, _ context: RequestContext) {
        limiter.release(subject, from: context.source)
    }

    /// Reports what the examination of a guess showed; a right one costs nothing.
    func end(_ subject: GuessLimiter.Subject, isRight: Bool, _ context: RequestContext) {
        guard !isRight else { return limiter.succeed(subject, from: context.source, now: context.now) }
        record(subject, limiter.fail(subject, from: context.source, now: context.now), context)
    }

    private func refusal(
        _ subject: GuessLimiter.Subject,
        _ retryAfter: Duration,
        _ count: Int,
        _ context: RequestContext
    ) -> OAuthError {
        record(subject, count, context)
        metrics.throttled(purpose: "secret")
        return OAuthError(.tooManyRequests, "too many failures from this address", retryAfter: retryAfter)
    }

    // A guesser must not be able to fill the trail, and must not be invisible in it.
    private func record(_ subject: GuessLimiter.Subject, _ count: Int, _ context: RequestContext) {
        guard count & (count - 1) == 0 else { return }
        audit.record(.guessedWrong(subject, failureCount: count), context: context)
    }
}
