extension Configuration {
    /// The bounds that people change; every other bound has its default beside the code that keeps it.
    package struct Limits: Hashable, Sendable {
        /// How often one source may register clients.
        package var registrationsPerSource = Rate(burst: 20, perMinute: 30)

        /// How often one source may fail with wrong codes, secrets and tokens before it gets 429.
        package var failuresPerSource = Rate(burst: 50, perMinute: 60)

        /// How many logins one source may begin before it gets 429.
        package var authorizationsPerSource = Rate(burst: 100, perMinute: 300)

        /// How many connections may be open at once.
        package var connections = 20_000

        /// Makes the defaults.
        package init() {}
    }

    /// A bucket that holds `burst` and refills at `perMinute`.
    package struct Rate: Hashable, Sendable {
        /// How many may come at once.
        package var burst: Int

        /// How many come back each minute.
        package var perMinute: Int

        /// Makes a rate.
        package init(burst: Int, perMinute: Int) {
            self.burst = burst
            self.perMinute = perMinute
        }
    }
}
