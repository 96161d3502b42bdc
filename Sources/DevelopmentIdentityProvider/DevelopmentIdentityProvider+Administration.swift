package import OAuthProtocol
package import OpenSSLCrypto

/// What the person or test that runs the provider can do: users, keys, revocation, logout.
extension DevelopmentIdentityProvider {
    /// How users sign in from now on.
    package var signInMode: Configuration.SignInMode {
        get { context.signInMode }
        set { context.signInMode = newValue }
    }

    /// The lifetime of its access tokens, in the flavour that is asked for; `nil` when they never expire.
    package func accessTokenLifetime(isOAuth2: Bool) -> Duration? {
        isOAuth2
            ? context.configuration.oauth2.accessTokenLifetime : context.configuration.openIDConnect.accessTokenLifetime
    }

    /// Who can sign in.
    package var users: [DevelopmentUser] { get async { await context.state.users } }

    /// Adds a user, or replaces the one with the same subject.
    package func setUser(_ user: DevelopmentUser) async { await context.state.setUser(user) }

    /// Removes a user; the user's tokens become invalid.
    package func removeUser(_ subject: String) async { await context.state.removeUser(subject) }

    /// Adds a client, or replaces the one with the same id, for example to change its secret.
    package func setClient(_ client: DevelopmentClient) async { await context.state.register(client) }

    /// Removes a client; if the configuration has no other clients, any client may then use its id.
    package func removeClient(_ id: String) async { await context.state.removeClient(id) }

    /// Signs with a new key from now on.
    ///
    /// - Parameter keepingOld: Whether the old key stays in the JWK Set, as careful providers do it.
    /// - Throws: ``CryptoError`` when no key can be made.
    package func rotateKeys(keepingOld: Bool = true) throws(CryptoError) {
        try context.keys.rotate(keepingOld: keepingOld)
    }

    /// Revokes everything that a user has granted: refresh tokens and access tokens.
    package func revokeGrants(of subject: String) async { await context.state.revokeGrants(of: subject) }

    /// Makes a user's access tokens invalid; refresh tokens remain valid.
    package func revokeAccessTokens(of subject: String) async { await context.state.revokeAccessTokens(of: subject) }

    /// The history of the grants, oldest first: how often each was refreshed, and why it was revoked.
    package func grantReports() async -> [GrantReport] { await context.state.reports() }

    /// A signed logout token, to be posted as `logout_token` (OpenID Connect Back-Channel Logout 1.0 §2.5).
    ///
    /// - Throws: ``CryptoError`` when it cannot be signed.
    package func logoutToken(_ logout: BackChannelLogout) throws(CryptoError) -> String {
        let claims = logout.claims(issuer: issuer, tokenID: context.randomText(), now: context.now)
        return try context.keys.sign(claims, type: logout.type, forgery: logout.forgery)
    }

    /// Signs any claims with the provider's key, for tests of verifiers.
    ///
    /// - Throws: ``CryptoError`` when they cannot be signed.
    package func signedToken(
        _ claims: JSONObject,
        type: String = "JWT",
        forgery: Fault.Forgery? = nil
    ) throws(CryptoError) -> String {
        try context.keys.sign(claims, type: type, forgery: forgery)
    }
}
