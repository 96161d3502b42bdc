extension Configuration {
    /// Tokens with which programs act for a user without a browser.
    package struct Agents: Hashable, Sendable {
        /// Whether users, and clients with the scope `agents`, may make them.
        package var isEnabled = false

        /// The longest lifetime of such a token.
        package var lifetimeMax = Duration.seconds(90 * 24 * 3600)

        /// None.
        package init() {}
    }
}

extension Configuration.Agents {
    static let keys = KeySection(Self()) {
        Key(
            "enabled",
            \.isEnabled,
            .flag,
            """
            Whether users on `/connections`, and clients with the scope `agents`, may make tokens with which agents act \
            for the user.
            """
        )
        Key(
            "lifetime_max",
            \.lifetimeMax,
            .duration(.minutes(1) ... .days(365)),
            "The longest lifetime of such a token."
        )
    }
}
