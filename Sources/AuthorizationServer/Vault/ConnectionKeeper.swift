package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
package import UpstreamIdentity

/// Puts what an upstream login brought into the vault: who the user is, and the tokens, sealed and durable.
package struct ConnectionKeeper: Sendable {
    private let vault: any VaultStore
    private let sealing: TokenSealing
    private let durability: Durability
    private let random: any RandomSource

    /// A keeper over the vault.
    package init(vault: any VaultStore, sealing: TokenSealing, durability: Durability, random: any RandomSource) {
        self.vault = vault
        self.sealing = sealing
        self.durability = durability
        self.random = random
    }

    /// Keeps a login's tokens for its user; durable when this returns.
    ///
    /// - Parameters:
    ///   - login: What the provider said.
    ///   - provider: The provider.
    ///   - userID: The user of an earlier leg; the connection then belongs to that user, and the account says nothing
    ///     about who may log in: whoever connects an account of another must not become findable by it (D-63).
    ///   - sessionID: The session that comes of the login; a logout at the provider ends it.
    ///   - context: When it happened.
    /// - Returns: The connection.
    /// - Throws: `temporarily_unavailable` at a bound or when the journal cannot be written.
    package func keep(
        _ login: UpstreamLogin,
        of provider: UpstreamProvider,
        for userID: UserID?,
        sessionID: SessionID? = nil,
        context: RequestContext
    ) async throws(OAuthError) -> Connection {
        try durability.checkAvailability()
        let owner: UserID
        if let userID {
            owner = userID
        } else {
            owner = try await user(of: login, provider, context)
        }
        let place = TokenSealing.Place(userID: owner, upstream: provider.name, account: login.subject)
        let sealed: SealedTokens
        do {
            sealed = try sealing.seal(
                UpstreamTokens(
                    accessToken: login.tokens.accessToken,
                    refreshToken: login.tokens.refreshToken,
                    idToken: login.tokens.idToken
                ),
                at: place
            )
        } catch {
            throw OAuthError(.serverError, "the tokens could not be sealed")
        }
        let draft = ConnectionDraft(
            userID: owner,
            upstream: provider.name,
            account: login.subject,
            accountName: login.accountName,
            tokens: sealed,
            scopes: login.scopes,
            accessTokenExpiry: login.accessTokenExpiry,
            upstreamClientID: login.clientID,
            providerSession: sessionID.flatMap { ours in
                login.sessionID.map { ProviderSession(id: $0, sessionID: ours) }
            }
        )
        let stored = await vault.store(draft, candidate: ConnectionID(random: random), now: context.now)
        // Later than the user's own record, so that this one wait is enough for both.
        try await durability.wait(for: stored.position)
        guard case .stored(let connection) = stored.outcome else { throw .overloaded }
        return connection
    }

    private func user(
        of login: UpstreamLogin,
        _ provider: UpstreamProvider,
        _ context: RequestContext
    ) async throws(OAuthError) -> UserID {
        let identity = UserLogin(
            identity: IdentityKey(namespace: provider.identityNamespace, subject: login.subject),
            name: login.name,
            verifiedEmail: login.verifiedEmail
        )
        let resolved = await vault.resolveUser(identity, candidate: UserID(random: random), now: context.now)
        guard let userID = resolved.outcome else { throw .overloaded }
        return userID
    }
}
