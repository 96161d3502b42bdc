extension Configuration {
    /// How long what we issue lives.
    package struct Tokens: Hashable, Sendable {
        /// The lifetime of an access token.
        package var accessTokenLifetime = Duration.seconds(3600)

        /// How long a refresh token lives unused.
        package var refreshTokenLifetime = Duration.seconds(7 * 24 * 3600)

        /// How long a session lives however much it is used.
        package var sessionLifetime = Duration.seconds(30 * 24 * 3600)

        /// The lifetime of an authorization code.
        package var authorizationCodeLifetime = Duration.seconds(60)

        /// How long the immediately previous refresh token still gets the same successor; zero is strict.
        package var refreshReuseGrace = Duration.seconds(120)

        /// Whether a repeat within the grace must come from the network of the first use.
        package var reuseNeedsSameNetwork = false

        /// The longest lifetime of a delegated access token.
        package var delegationLifetime = Duration.seconds(900)

        /// Makes the defaults.
        package init() {}
    }
}

extension Configuration.Tokens {
    // A token that lives longer than these bounds outlives the reasons for which it was issued.
    static let keys = KeySection(Self()) {
        Key(
            "access_token_lifetime",
            \.accessTokenLifetime,
            .duration(.minutes(1) ... .hours(24)),
            "The lifetime of an access token."
        )
        Key(
            "refresh_token_lifetime",
            \.refreshTokenLifetime,
            .duration(.hours(1) ... .days(30)),
            "How long a refresh token lives unused; not shorter than `access_token_lifetime`."
        )
        Key(
            "session_lifetime",
            \.sessionLifetime,
            .duration(.minutes(1) ... .days(365)),
            "How long a session lives, however much it is used."
        )
        Key(
            "authorization_code_lifetime",
            \.authorizationCodeLifetime,
            .duration(.seconds(30) ... .minutes(10)),
            "The lifetime of an authorization code."
        )
        Key(
            "refresh_reuse_grace",
            \.refreshReuseGrace,
            .duration(.zero ... .hours(1)),
            "How long the immediately previous refresh token still gets the same successor; `0s` is strict."
        )
        Key(
            "refresh_reuse_same_network",
            \.reuseNeedsSameNetwork,
            .flag,
            """
            Whether, within that time, the previous refresh token counts as reused when it comes from another network \
            (IPv4 address or IPv6 /48).
            """
        )
        Key(
            "delegation_lifetime",
            \.delegationLifetime,
            .duration(.minutes(1) ... .hours(24)),
            "The longest lifetime of a delegated access token, which also ends with the token that it was exchanged for."
        )
    } finish: { section, tokens, _ in
        guard tokens.refreshTokenLifetime < tokens.accessTokenLifetime else { return }
        // A session that ends with its refresh token would end its access token early.
        let cursor = section["refresh_token_lifetime"] ?? section["access_token_lifetime"]
        cursor?.refuse("refresh_token_lifetime must not be shorter than access_token_lifetime")
    }
}
