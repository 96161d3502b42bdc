package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
package import UpstreamIdentity

/// Stores the result of an upstream login in the vault: the user, and the tokens, sealed and durable.
package struct ConnectionKeeper: Sendable {
    private let vault: any UserStore & ConnectionStore
    private let sealing: TokenSealing
    private let random: any RandomSource

    /// A keeper of a vault.
    package init(vault: any UserStore & ConnectionStore, sealing: TokenSealing, random: any RandomSource) {
        self.vault = vault
        self.sealing = sealing
        self.random = random
    }

    /// Stores a login's tokens for its user; durable when this returns.
    ///
    /// - Parameters:
    ///   - login: The provider's result.
    ///   - provider: The provider.
    ///   - userID: The user of an earlier leg. The connection then belongs to that user, and its account does not
    ///     identify a user: connecting another person's account must not make the user findable by it (D-63).
    ///   - sessionID: The session that results from the login; a logout at the provider ends it.
    ///   - context: The request's time and source.
    /// - Returns: The connection.
    /// - Throws: `temporarily_unavailable` at a bound or when the journal cannot be written.
    package func keep(
        _ login: UpstreamLogin,
        of provider: UpstreamProvider,
        for userID: UserID?,
        sessionID: SessionID? = nil,
        context: RequestContext
    ) async throws(OAuthError) -> Connection {
        if let userID {
            return try await keep(login, of: provider, ownedBy: userID, sessionID, context)
        }
        let identity = UserLogin(
            identity: IdentityKey(namespace: provider.identityNamespace, subject: login.subject),
            name: login.name,
            verifiedEmail: login.verifiedEmail
        )
        // One wait for both: the connection is stored while the user's own record becomes durable.
        return try await answering(
            await vault.resolveUser(identity, candidate: UserID(random: random), now: context.now)
        ) { (userID) throws(OAuthError) in
            guard let userID else { throw .overloaded }
            return try await keep(login, of: provider, ownedBy: userID, sessionID, context)
        }
    }

    private func keep(
        _ login: UpstreamLogin,
        of provider: UpstreamProvider,
        ownedBy userID: UserID,
        _ sessionID: SessionID?,
        _ context: RequestContext
    ) async throws(OAuthError) -> Connection {
        let draft = ConnectionDraft(
            userID: userID,
            upstream: provider.name,
            account: login.subject,
            accountName: login.accountName,
            tokens: try sealed(login, at: provider, userID),
            scopes: login.scopes,
            accessTokenExpiry: login.accessTokenExpiry,
            upstreamClientID: login.clientID,
            providerSession: sessionID.flatMap { ours in
                login.sessionID.map { ProviderSession(id: $0, sessionID: ours) }
            }
        )
        let stored = try await OAuthError.attempt(
            await vault.store(draft, candidate: ConnectionID(random: random), now: context.now).outcome
        )
        guard case .stored(let connection) = stored else { throw .overloaded }
        return connection
    }

    private func sealed(
        _ login: UpstreamLogin,
        at provider: UpstreamProvider,
        _ userID: UserID
    ) throws(OAuthError) -> SealedTokens {
        let place = TokenSealing.Place(userID: userID, upstream: provider.name, account: login.subject)
        do {
            return try sealing.seal(
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
    }
}
