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

extension Configuration.Limits {
    static let keys = KeySection(Self()) {
        Key(
            "registrations_per_source",
            \.registrationsPerSource,
            .section(Configuration.Rate.keys),
            "How often one source address may register clients."
        )
        Key(
            "failures_per_source",
            \.failuresPerSource,
            .section(Configuration.Rate.keys),
            "How often one source address may fail with wrong codes, secrets and tokens; then it gets 429."
        )
        Key(
            "authorizations_per_source",
            \.authorizationsPerSource,
            .section(Configuration.Rate.keys),
            "How many logins one source address may begin; then it gets 429."
        )
        Key(
            "connections",
            \.connections,
            .integer(1...1_000_000),
            "How many connections may be open at once; one IPv4 address or IPv6 /64 gets a quarter, at least 64."
        )
    }
}

extension Configuration.Rate {
    // The defaults are those of the rate that is decoded into.
    static let keys = KeySection(Self(burst: 1, perMinute: 1)) {
        Key("burst", \.burst, .integer(1...1_000_000), "How many may occur at once.")
        Key("per_minute", \.perMinute, .integer(1...1_000_000), "How many are added to the allowance each minute.")
    }
}
