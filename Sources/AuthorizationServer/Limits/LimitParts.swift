import ServerConfiguration

/// What slows down sources that ask too often, or guess.
struct LimitParts: Sendable {
    /// Allowances for each source of requests.
    let sources: SourceLimiter
    /// Wrong guesses of secrets, by source.
    let guessed: GuessLimiter
    /// Guards each comparison of a secret.
    let guesses: GuessLimit
    /// Guards each use of codes and tokens.
    let failures: FailureLimit

    init(_ configuration: Configuration, _ instruments: Instruments) {
        let limits = configuration.limits
        sources = SourceLimiter(
            rates: [
                .registration: limits.registrationsPerSource,
                .failure: limits.failuresPerSource,
                .authorization: limits.authorizationsPerSource,
                .metadataFetch: configuration.documentFetchLimits.perSource,
            ]
        )
        guessed = GuessLimiter(rate: limits.failuresPerSource)
        guesses = GuessLimit(limiter: guessed, metrics: instruments.metrics, audit: instruments.audit)
        failures = FailureLimit(limiter: sources, metrics: instruments.metrics)
    }
}
