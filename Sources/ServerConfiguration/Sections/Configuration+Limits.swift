extension Configuration {
    /// The bounds that people change; every other bound has its default beside the code that keeps it.
    package struct Limits: Hashable, Sendable {
        /// How often one source may register clients.
        package var registrationsPerSource = Rate(burst: 20, perMinute: 30)

        /// How often one source may fail with wrong codes, secrets and tokens before it gets 429.
        package var failuresPerSource = Rate(burst: 50, perMinute: 60)

        /// How many logins one source may begin before it gets 429.
        package var authorizationsPerSource = Rate(burst: 100, perMinute: 300)

        /// How often unknown metadata documents and key sets are fetched from one host; only a rate that is not the
        /// usual one holds for loopback.
        package var fetchesPerHost = Rate.hostFetches

        /// How many such fetches one source may start; only a rate that is not the usual one holds for loopback.
        package var fetchesPerSource = Rate.sourceFetches

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
        ).reloaded
        Key(
            "failures_per_source",
            \.failuresPerSource,
            .section(Configuration.Rate.keys),
            """
            How often one source address may fail with wrong codes, secrets and tokens; then it gets 429. Each secret \
            alone has a fifth of that; beyond it the address gets 429 for the right secret too.
            """
        ).reloaded
        Key(
            "authorizations_per_source",
            \.authorizationsPerSource,
            .section(Configuration.Rate.keys),
            "How many logins one source address may begin; then it gets 429."
        ).reloaded
        Key(
            "document_fetches_per_host",
            \.fetchesPerHost,
            .section(Configuration.Rate.keys),
            """
            How often unknown metadata documents and key sets of clients are fetched from one host; loopback is \
            limited only by another rate than the default.
            """
        )
        Key(
            "document_fetches_per_source",
            \.fetchesPerSource,
            .section(Configuration.Rate.keys),
            """
            How many fetches of such documents one source address may start; those from loopback are limited only by \
            another rate than the default.
            """
        )
        Key(
            "connections",
            \.connections,
            .integer(1...1_000_000),
            "How many connections may be open at once; one IPv4 address or IPv6 /64 gets a quarter, an IPv6 /48 half."
        )
    }
}

extension Configuration.Rate {
    /// How often unknown documents are fetched from one host (D-90).
    package static let hostFetches = Self(burst: 10, perMinute: 20)

    /// How many fetches of documents one source may start (CM-7).
    package static let sourceFetches = Self(burst: 20, perMinute: 30)

    // The defaults are those of the rate that is decoded into.
    static let keys = KeySection(Self(burst: 1, perMinute: 1)) {
        Key("burst", \.burst, .integer(1...1_000_000), "How many may occur at once.")
        Key("per_minute", \.perMinute, .integer(1...1_000_000), "How many are added to the allowance each minute.")
    }
}
