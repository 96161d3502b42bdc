package import OAuthProtocol

extension UpstreamProvider {
    /// RFC 6749 §6: redeems a refresh token.
    ///
    /// The answer is returned unvalidated: make a rotated token durable first, then check the answer with
    /// ``validateRefreshedIDToken(_:expectedSubject:)`` (VT-4, VR-4).
    ///
    /// - Parameters:
    ///   - refreshToken: The refresh token.
    ///   - client: The client that the refresh token was issued to; `nil` for the current one. A token of another
    ///     client must not be sent, because the provider would revoke it (VR-8).
    ///   - scopes: The connection's granted scopes; sent only to providers that need them (VR-13).
    /// - Returns: The answer, of which nothing is validated.
    /// - Throws: ``UpstreamError``; only `invalidGrant` is terminal. With `isOutcomeUnknown` the token may be used up.
    package func refresh(
        refreshToken: String,
        as client: UpstreamClient? = nil,
        scopes: ScopeSet? = nil
    ) async throws(UpstreamError) -> UpstreamTokenResponse {
        let granted = scopes ?? requestedScopes
        let sent = configuration.behaviour.sendsScopesOnRefresh ? refreshScopes(granted) : nil
        let endpoints = try await endpoints()
        let presenter = if let client { client } else { try await self.client() }
        try breaker.enter(now: timeSource.now())
        do {
            let response = try await tokenEndpoint.refresh(
                refreshToken: refreshToken,
                scopes: sent,
                requestedScopes: granted.union(requestedScopes),
                client: presenter,
                endpoints: endpoints,
                now: timeSource.now()
            )
            breaker.leave(nil, now: timeSource.now())
            return response
        } catch {
            breaker.leave(error, now: timeSource.now())
            throw meaning(of: error).withholding([refreshToken] + presenter.secretTexts)
        }
    }

    /// The granted scopes and those that were requested and are never reported.
    ///
    /// Entra never names `offline_access` among the granted scopes. Without it in a refresh no new refresh token comes,
    /// and users are logged out when the first one ends.
    private func refreshScopes(_ granted: ScopeSet) -> ScopeSet {
        let dialect = configuration.behaviour.scopeDialect
        return granted.union(requestedScopes.filter { dialect.isUnreported($0) || $0 == ScopeSet.openID })
    }

    /// A refusal in words by which this provider calls a refresh token dead is what `invalid_grant` is elsewhere.
    private func meaning(of error: UpstreamError) -> UpstreamError {
        guard error.isDefiniteRefusal, let words = error.words,
            words.contain(anyOf: configuration.behaviour.deadGrantWords)
        else { return error }
        return UpstreamError(.invalidGrant, "the provider says that the refresh token is dead").saying(words)
    }

    /// How busy refreshes are, for metrics.
    package var refreshLoad: UpstreamRefreshLoad { breaker.load(now: timeSource.now()) }

    /// Whether the unverified ID token of a refresh names another account than the connection's.
    ///
    /// Asked before the tokens are stored, so that they are not returned to a caller while the keys are fetched. It
    /// accepts nothing: ``validateRefreshedIDToken(_:expectedSubject:)`` decides.
    package func namesAnotherAccount(_ response: UpstreamTokenResponse, than subject: String) -> Bool {
        // An unreadable token names no account, and is refused where it is validated.
        guard openID != nil, let idToken = response.idToken,
            let jws = try? CompactJWS(parsing: idToken, maximumBytes: IDTokenVerifier.byteCountMax),
            let claims = try? JSONWebToken.unverifiedClaims(of: jws),
            let named = try? identityPaths.accountSubject(in: claims)
        else { return false }
        return !named.hasSameBytes(as: subject)
    }

    /// OpenID Connect Core 1.0 §12.2: checks the ID token of a refresh, if there is one.
    ///
    /// - Parameters:
    ///   - response: The answer to the refresh, already durable.
    ///   - expectedSubject: The connection's account.
    /// - Returns: When the new ID token expires; `nil` without one.
    /// - Throws: ``UpstreamError`` `accessDenied` when it names another account, `invalidIDToken` when it is invalid,
    ///   `temporarilyUnavailable` when the keys cannot be fetched; the tokens then remain valid.
    @discardableResult
    package func validateRefreshedIDToken(
        _ response: UpstreamTokenResponse,
        expectedSubject: String
    ) async throws(UpstreamError) -> Timestamp? {
        guard let openID, let idToken = response.idToken else { return nil }
        let clientID = try await client().id
        let claims = try await openID.verifier.verifiedClaims(
            of: idToken,
            expecting: .init(clientID: clientID, accessToken: response.accessToken),
            now: timeSource.now()
        )
        let subject: String
        do {
            subject = try identityPaths.accountSubject(in: claims)
        } catch {
            throw UpstreamError(.invalidIDToken, error.reason)
        }
        guard subject.hasSameBytes(as: expectedSubject) else {
            throw UpstreamError(.accessDenied, "the refreshed ID token belongs to another account")
        }
        return claims.date("exp")
    }
}
