import OAuthProtocol

/// Slows down whoever guesses codes, secrets or tokens: once the source's allowance is spent, wrong guesses get 429.
///
/// What we recognise as once ours keeps its own answer: a terminal `invalid_grant` is never masked by 429, for the client
/// would go on trying instead of logging in again (DESIGN §7.9; withings-mcp #37).
package struct FailureLimit: Sendable {
    private let limiter: SourceLimiter
    private let metrics: ServerMetrics

    /// A limit that counts in `limiter`.
    package init(limiter: SourceLimiter, metrics: ServerMetrics) {
        self.limiter = limiter
        self.metrics = metrics
    }

    /// The error to answer: the given one, or 429 when it is a guess too many.
    func throttling(_ error: OAuthError, context: RequestContext) async -> OAuthError {
        guard error.isGuess else { return error }
        guard let retryAfter = await limiter.spend(.failure, source: context.source, now: context.now) else {
            return error
        }
        metrics.throttled(purpose: "failure")
        return OAuthError(.slowDown, "too many failures from this address", retryAfter: retryAfter)
    }
}
