import OAuthProtocol

/// Slows down whoever guesses codes, secrets or tokens: once the source's allowance is spent, wrong guesses get 429.
///
/// A guess is a wrong secret or assertion of a known confidential client, a refresh token that is none, a code that is
/// unknown or another's, a wrong verifier, or a wrong initial access token. Terminal answers are never masked by 429,
/// for the client would go on trying instead of registering or logging in again (LM-2): an unknown client always hears
/// `invalid_client`, a refresh token of our shape `invalid_grant`, and a resource server that has proven itself what
/// its caller's token is worth.
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
        return OAuthError(.tooManyRequests, "too many failures from this address", retryAfter: retryAfter)
    }
}
