extension Configuration {
    /// Security events for resource servers (OpenID Shared Signals Framework 1.0).
    package struct SharedSignals: Hashable, Sendable {
        /// Whether resource servers may have streams of events.
        package var isEnabled = false

        /// None.
        package init() {}
    }
}

extension Configuration.SharedSignals {
    static let keys = KeySection(Self()) {
        Key(
            "enabled",
            \.isEnabled,
            .flag,
            """
            Whether resource servers may learn of ended sessions and revoked tokens by events (SSF 1.0, CAEP \
            `session-revoked`), so that they refuse such tokens without introspection.
            """
        )
    }
}
