extension Configuration.Client {
    /// Lifetimes of what one client gets; each below the server's.
    package struct Lifetimes: Hashable, Sendable {
        /// Of an access token.
        package var accessToken: Duration?
        /// Of an unused refresh token.
        package var refreshToken: Duration?
        /// Of a session.
        package var session: Duration?

        /// The server's lifetimes.
        package init() {}
    }

    // A client's lifetime above the server's would loosen what the operator decided for all.
    func checkLifetimes(_ section: ConfigurationCursor, _ tokens: Configuration.Tokens) {
        let pairs: [(key: String, own: Duration?, server: Duration)] = [
            ("access_token_lifetime", lifetimes.accessToken, tokens.accessTokenLifetime),
            ("refresh_token_lifetime", lifetimes.refreshToken, tokens.refreshTokenLifetime),
            ("session_lifetime", lifetimes.session, tokens.sessionLifetime),
        ]
        for (key, own, server) in pairs {
            guard let own, own > server else { continue }
            section[key]?.refuse("must not be longer than tokens.\(key), \(DurationText.format(server))")
        }
        let (access, refresh) = (
            lifetimes.accessToken ?? tokens.accessTokenLifetime, lifetimes.refreshToken ?? tokens.refreshTokenLifetime
        )
        guard refresh < access else { return }
        // A session that ends with its refresh token would end its access token early.
        let cursor = section["refresh_token_lifetime"] ?? section["access_token_lifetime"]
        cursor?.refuse("refresh_token_lifetime must not be shorter than access_token_lifetime")
    }
}
