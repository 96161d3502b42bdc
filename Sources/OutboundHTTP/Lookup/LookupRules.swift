/// The bounds of a client's name look-ups, and for how long their results are kept.
package struct LookupRules: Hashable, Sendable {
    /// Simultaneous look-ups: each holds a thread, which cannot be interrupted, until the system answers.
    package var runningMax: Int
    /// Simultaneous look-ups on behalf of one source; its further ones wait.
    package var runningPerSourceMax: Int
    /// Look-ups that wait for a thread; one more evicts the newest of the source that has the most.
    package var waitingMax: Int
    /// For how long the addresses of a name are used without another look-up.
    package var freshness: Duration
    /// For how long addresses are used when their name's look-up fails or is slow (RFC 8767).
    package var staleness: Duration
    /// For how long a failure is repeated without another look-up.
    package var failureLifetime: Duration
    /// Names that are remembered.
    package var rememberedMax: Int

    /// Makes rules; the defaults suit names that the operator has configured.
    ///
    /// Addresses of an identity provider are kept for a minute, so that a refresh needs no look-up; while the name
    /// servers are down, the last addresses serve for an hour.
    package init(
        runningMax: Int = 8,
        runningPerSourceMax: Int = 8,
        waitingMax: Int = 256,
        freshness: Duration = .seconds(60),
        staleness: Duration = .seconds(3600),
        failureLifetime: Duration = .seconds(2),
        rememberedMax: Int = 1024
    ) {
        self.runningMax = runningMax
        self.runningPerSourceMax = runningPerSourceMax
        self.waitingMax = waitingMax
        self.freshness = freshness
        self.staleness = staleness
        self.failureLifetime = failureLifetime
        self.rememberedMax = rememberedMax
    }

    /// For names that strangers supply: made-up names on silent name servers must not hold more than two threads for
    /// each source, and nothing outdated is used.
    package static let strangers = LookupRules(
        runningMax: 16,
        runningPerSourceMax: 2,
        waitingMax: 64,
        freshness: .seconds(30),
        staleness: .zero,
        failureLifetime: .seconds(10),
        rememberedMax: 512
    )
}
