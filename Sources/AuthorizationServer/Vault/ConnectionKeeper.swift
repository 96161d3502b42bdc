package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
package import UpstreamIdentity

/// Stores the result of an upstream login in the vault: the user, and the tokens, sealed and durable.
package struct ConnectionKeeper: Sendable {
    private let vault: any UserStore & ConnectionStore & ConnectionIndex
    private let upstreams: UpstreamDirectory
    private let sealing: TokenSealing
    private let random: any RandomSource

    /// A keeper of a vault.
    package init(
        vault: any UserStore & ConnectionStore & ConnectionIndex,
        upstreams: UpstreamDirectory,
        sealing: TokenSealing,
        random: any RandomSource
    ) {
        self.vault = vault
        self.upstreams = upstreams
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
        guard let subject = login.identifiedSubject else {
            throw OAuthError(.serverError, "the identity provider does not tell who the user is")
        }
        let user = UserLogin(
            identity: try await OAuthError.attempt(await identity(of: subject, at: provider)),
            name: login.name,
            verifiedEmail: login.verifiedEmail
        )
        // One wait for both: the connection is stored while the user's own record becomes durable.
        return try await answering(
            await vault.resolveUser(user, candidate: UserID(random: random), now: context.now)
        ) { (userID) throws(OAuthError) in
            guard let userID else { throw .overloaded }
            return try await keep(login, of: provider, ownedBy: userID, sessionID, context)
        }
    }

    /// The identity by which a provider's subject is known here, or is to become known.
    func identity(of subject: String, at provider: UpstreamProvider) async throws(StoreError) -> IdentityKey {
        try await upstreams.identity(of: subject, at: provider, in: vault)
    }

    private func keep(
        _ login: UpstreamLogin,
        of provider: UpstreamProvider,
        ownedBy userID: UserID,
        _ sessionID: SessionID?,
        _ context: RequestContext
    ) async throws(OAuthError) -> Connection {
        try await store(try draft(login, of: provider, ownedBy: userID, sessionID), context)
    }

    /// Whether a user has connected the account of a login before.
    func isKnown(
        _ login: UpstreamLogin,
        at provider: UpstreamProvider,
        to userID: UserID
    ) async throws(OAuthError) -> Bool {
        let account = login.account(of: userID)
        return try await OAuthError.attempt(await vault.connections(of: userID)).contains {
            $0.upstream == provider.name && $0.account.hasSameBytes(as: account)
        }
    }

    /// Whether an account that a user has not connected is another user's, by identity or by a connection.
    ///
    /// Two users may share an account that each has connected in a login; either may then renew it too. Where the
    /// provider does not tell whose the tokens are, the account has the user's own name, and is no other user's (see
    /// ``UpstreamLogin/account(of:)``).
    func belongsToAnother(
        _ account: String,
        at provider: UpstreamProvider,
        than userID: UserID
    ) async throws(OAuthError) -> Bool {
        let isTheirs = try await OAuthError.attempt(await vault.connections(of: userID)).contains {
            $0.upstream == provider.name && $0.account.hasSameBytes(as: account)
        }
        if isTheirs { return false }
        if try await identifiesAnother(account, at: provider, than: userID) { return true }
        return try await isConnectedByAnother(account, at: provider, than: userID)
    }

    /// Whether another user logs in with an account.
    func identifiesAnother(
        _ account: String,
        at provider: UpstreamProvider,
        than userID: UserID
    ) async throws(OAuthError) -> Bool {
        let key = try await OAuthError.attempt(await identity(of: account, at: provider))
        guard let owner = try await OAuthError.attempt(await vault.userID(of: key)) else { return false }
        return owner != userID
    }

    /// Whether another user has connected an account, which two users may share.
    func isConnectedByAnother(
        _ account: String,
        at provider: UpstreamProvider,
        than userID: UserID
    ) async throws(OAuthError) -> Bool {
        try await OAuthError.attempt(
            await vault.isConnected(account: account, upstream: provider.name, byAnotherThan: userID)
        )
    }

    /// The name of a user as a page shows it.
    func name(of userID: UserID) async throws(OAuthError) -> String? {
        try await OAuthError.attempt(await vault.user(userID))?.name
    }

    /// What is stored of a login, with its tokens sealed.
    func draft(
        _ login: UpstreamLogin,
        of provider: UpstreamProvider,
        ownedBy userID: UserID,
        _ sessionID: SessionID?
    ) throws(OAuthError) -> ConnectionDraft {
        let account = login.account(of: userID)
        return ConnectionDraft(
            userID: userID,
            upstream: provider.name,
            account: account,
            accountName: login.accountName,
            tokens: try sealed(login, at: .init(userID: userID, upstream: provider.name, account: account)),
            scopes: login.scopes,
            accessTokenExpiry: login.accessTokenExpiry,
            upstreamClientID: login.clientBinding,
            providerSession: sessionID.flatMap { ours in
                login.sessionID.map { ProviderSession(id: $0, sessionID: ours) }
            },
            acceptedClaims: login.metRequirements.map {
                AcceptedClaim(claim: $0.claim, values: $0.acceptedValues.sorted())
            }
        )
    }

    /// Stores a connection; durable when this returns.
    func store(_ draft: ConnectionDraft, _ context: RequestContext) async throws(OAuthError) -> Connection {
        let stored = try await OAuthError.attempt(
            await vault.store(draft, candidate: ConnectionID(random: random), now: context.now).outcome
        )
        guard case .stored(let connection) = stored else { throw .overloaded }
        return connection
    }

    private func sealed(_ login: UpstreamLogin, at place: TokenSealing.Place) throws(OAuthError) -> SealedTokens {
        do {
            return try sealing.seal(
                UpstreamTokens(
                    accessToken: login.tokens.accessToken,
                    refreshToken: login.tokens.refreshToken,
                    idToken: login.tokens.idToken,
                    fields: login.fields.isEmpty ? nil : login.fields.serializedString()
                ),
                at: place
            )
        } catch {
            throw OAuthError(.serverError, "the tokens could not be sealed")
        }
    }
}

extension UpstreamLogin {
    /// The account of a connection with these tokens.
    ///
    /// Where the provider does not tell whose they are, each user has one account there, which has the user's own name:
    /// it differs from those of all other users, as an account must.
    func account(of userID: UserID) -> String { identifiedSubject ?? userID.text }
}
