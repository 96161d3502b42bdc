import OAuthProtocol

/// Slows down sources that guess codes, secrets or tokens: once the allowance is spent, wrong guesses get 429.
///
/// A guess is a wrong secret or assertion of a known confidential client, a forged refresh token, an unknown or foreign
/// code, a wrong verifier, or a wrong initial access token. Terminal answers are never masked by 429, because the
/// client would retry instead of registering or logging in again (LM-2): an unknown client always gets
/// `invalid_client`, a refresh token of our shape `invalid_grant`, and an authenticated resource server the state of
/// its caller's token.
package struct FailureLimit: Sendable {
    private let limiter: SourceLimiter
    private let metrics: ServerMetrics
    private let refusals: RefusalRecords?

    /// A limit that counts in `limiter`.
    package init(limiter: SourceLimiter, metrics: ServerMetrics, refusals: RefusalRecords? = nil) {
        self.limiter = limiter
        self.metrics = metrics
        self.refusals = refusals
    }

    /// The error to answer: the given one, or 429 when the guess exceeds the allowance.
    func throttling(_ error: OAuthError, context: RequestContext) async -> OAuthError {
        guard error.isGuess else { return error }
        guard let retryAfter = await limiter.spend(.failure, source: context.source, now: context.now) else {
            return error
        }
        metrics.throttled(purpose: "failure")
        refusals?.record(.throttled("failure"), of: "", context)
        return OAuthError(.tooManyRequests, "too many failures from this address", retryAfter: retryAfter)
    }
}
