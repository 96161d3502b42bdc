import ServerConfiguration

/// What slows down sources that ask too often, or guess.
struct LimitParts: Sendable {
    /// Allowances for each source of requests.
    let sources: SourceLimiter
    /// Wrong guesses of secrets, by source.
    let guessed: GuessLimiter
    /// This node's part of all rates.
    let share: NodeShare
    /// Guards each comparison of a secret.
    let guesses: GuessLimit
    /// Guards each use of codes and tokens.
    let failures: FailureLimit

    init(_ configuration: Configuration, _ instruments: Instruments, share: NodeShare) {
        self.share = share
        let limits = configuration.limits
        sources = SourceLimiter(
            rates: [
                .registration: limits.registrationsPerSource,
                .failure: limits.failuresPerSource,
                .authorization: limits.authorizationsPerSource,
                .metadataFetch: configuration.documentFetchLimits.perSource,
            ],
            share: share
        )
        guessed = GuessLimiter(rate: limits.failuresPerSource, share: share)
        guesses = GuessLimit(limiter: guessed, metrics: instruments.metrics, audit: instruments.audit)
        failures = FailureLimit(
            limiter: sources,
            metrics: instruments.metrics,
            refusals: instruments.refusals
        )
    }
}
