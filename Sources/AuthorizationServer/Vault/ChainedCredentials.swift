import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import UpstreamIdentity

/// Yields tokens of foreign authorization servers, without asking the user again (`type: chained`).
///
/// The user's connection to the identity provider decides: a session that may not use it, or a user who has to connect
/// it again, gets no token, also none that is still valid.
package final class ChainedCredentials: Sendable {
    private let vault: any ConnectionStore
    private let sessions: any SessionStore
    private let upstreams: UpstreamDirectory
    private let tokens: ChainedTokens
    private let steps: ChainedSteps

    /// Credentials over the vault.
    init(
        vault: any ConnectionStore,
        sessions: any SessionStore,
        upstreams: UpstreamDirectory,
        tokens: ChainedTokens,
        steps: ChainedSteps
    ) {
        self.vault = vault
        self.sessions = sessions
        self.upstreams = upstreams
        self.tokens = tokens
        self.steps = steps
    }

    /// The token of a session's user at a foreign authorization server.
    func credential(
        _ query: UpstreamCredentials.Query,
        at provider: UpstreamProvider,
        chain: ChainedServer,
        context: RequestContext
    ) async throws(UpstreamCredentialError) -> UpstreamCredential {
        let now = context.now
        let source = try source(of: chain)
        let connection = try await connection(of: query.session, account: query.account, source)
        let key = ChainedTokens.Key(source: connection.id, upstream: provider.name)
        let held = tokens.token(for: key, now: now)
        // As with other tokens, it is replaced before it ends (VR-7).
        if let held, !held.isDue(connection, provider, now: now, minimumLifetime: query.minimumLifetime) {
            return try await answer(held, query, connection, provider, wasRefreshed: false, now: now)
        }
        let (steps, tokens) = (steps, tokens)
        let obtained: ChainedToken
        do throws(UpstreamCredentialError) {
            obtained = try await tokens.obtained(for: key) {
                do throws(UpstreamCredentialError) {
                    return .success(try await steps.obtain(connection, source, provider, chain, context))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            // A provider that is unavailable does not invalidate a token that has not ended (VR-9, VR-10).
            guard let held, case .temporarilyUnavailable = error else { throw error }
            return try await answer(held, query, connection, provider, wasRefreshed: false, now: now)
        }
        // VT-2: the session or the connection may have been ended while the servers were answering.
        let session = try await UpstreamCredentialError.attempt(await sessions.session(query.session.id, now: now))
        guard session != nil else { throw .sessionEnded }
        let present = try await self.connection(of: query.session, account: query.account, source)
        return try await answer(obtained, query, present, provider, wasRefreshed: true, now: now)
    }

    /// Forgets the token that a resource server reports as refused (VR-12).
    ///
    /// - Returns: Whether it was the one that is kept, or none is; `nil` for an upstream of another type.
    /// - Throws: As ``credential(_:at:chain:context:)`` without a usable connection.
    func report(
        _ session: Session,
        _ upstream: String,
        account: String?,
        fingerprint: String?
    ) async throws(UpstreamCredentialError) -> Bool? {
        guard let provider = upstreams[upstream], let chain = provider.chained else { return nil }
        let connection = try await connection(of: session, account: account, try source(of: chain))
        return tokens.forget(.init(source: connection.id, upstream: provider.name)) { token in
            fingerprint.map { $0 == Base64URL.encode(SHA256.hash(token.accessToken).bytes) } ?? true
        }
    }

    private func source(of chain: ChainedServer) throws(UpstreamCredentialError) -> UpstreamProvider {
        guard let source = upstreams[chain.source] else {
            throw .misconfigured("the identity provider of the upstream is not configured")
        }
        return source
    }

    /// The usable connection to the identity provider.
    private func connection(
        of session: Session,
        account: String?,
        _ source: UpstreamProvider
    ) async throws(UpstreamCredentialError) -> Connection {
        let found = try await UpstreamCredentialError.attempt(
            await vault.credential(of: session, upstream: source.name, account: account)
        )
        guard let connection = found else {
            throw .interactionRequired(reason: "not_connected", missingScopes: .empty, connection: nil)
        }
        // The scopes that are asked for are the foreign server's.
        try UpstreamCredentials.check(connection, .empty, source)
        try await steps.sealing.checkServer(connection, source)
        return connection
    }

    private func answer(
        _ token: ChainedToken,
        _ query: UpstreamCredentials.Query,
        _ connection: Connection,
        _ provider: UpstreamProvider,
        wasRefreshed: Bool,
        now: Timestamp
    ) async throws(UpstreamCredentialError) -> UpstreamCredential {
        let shown = connection.showing(token, of: provider)
        // No login could add them: what the configuration asks for decides.
        guard provider.missingScopes(query.scopes, granted: shown.scopes).isEmpty else {
            throw .refused(OAuthError(.invalidScope, "the upstream's authorization server does not grant these scopes"))
        }
        await vault.touch(connection.id, now: now)
        return UpstreamCredential(
            accessToken: token.accessToken,
            connection: shown,
            wasRefreshed: wasRefreshed,
            fields: token.fields
        )
    }
}

extension ChainedToken {
    /// Whether a new one is to be obtained, by the rules of refreshes.
    func isDue(
        _ connection: Connection,
        _ provider: UpstreamProvider,
        now: Timestamp,
        minimumLifetime: Duration
    ) -> Bool {
        connection.showing(self, of: provider).isDueForRefresh(now: now, minimumLifetime: minimumLifetime)
    }
}

extension Connection {
    /// The account at the identity provider with the foreign token's particulars, for answers and records; it is never
    /// stored, and has no tokens.
    func showing(_ token: ChainedToken?, of provider: UpstreamProvider) -> Connection {
        Connection(
            id: id,
            userID: userID,
            upstream: provider.name,
            account: account,
            accountName: accountName,
            tokens: SealedTokens(accessToken: []),
            scopes: token?.scopes ?? provider.requestedScopes,
            accessTokenExpiry: token?.expiry,
            upstreamClientID: upstreamClientID,
            status: status,
            reason: reason,
            obtainedAt: token?.obtainedAt ?? obtainedAt,
            refreshedAt: nil,
            usedAt: usedAt,
            version: version,
            providerSessions: []
        )
    }
}
