import Foundations
package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// RFC 9068: issues our access tokens, signing on the caller's thread with the currently published keys.
package struct AccessTokenIssuer: Sendable {
    private let issuer: Issuer
    private let keys: SigningKeyPublication
    private let tokenIDs: TokenIDSource
    private let policy: SessionPolicy
    private let seen: SeenAccessTokens

    /// An issuer of tokens that live as the policy says; `seen` recognizes them when they are presented.
    package init(
        issuer: Issuer,
        keys: SigningKeyPublication,
        random: any RandomSource,
        policy: SessionPolicy,
        seen: SeenAccessTokens
    ) {
        self.issuer = issuer
        self.keys = keys
        tokenIDs = TokenIDSource(random: random)
        self.policy = policy
        self.seen = seen
    }

    /// A signed token and how long it lives.
    package struct IssuedToken: Sendable, Redacted {
        package let token: String
        package let lifetime: Duration
        package let tokenID: String
    }

    /// The access token of a session (JW-1): `aud` is exactly the granted resource (RI-3), and `tsid` stays the same
    /// over refreshes.
    ///
    /// - Throws: `server_error` when signing fails.
    package func issue(
        for session: Session,
        scopes: ScopeSet,
        lifetimeMax: Duration? = nil,
        boundTo key: KeyThumbprint? = nil,
        now: Timestamp
    ) throws(OAuthError) -> IssuedToken {
        // A token never outlives the session, so that the end of the session also ends the token.
        let remaining = session.expiry - now
        let lifetime = min(lifetimeMax ?? policy.accessTokenLifetime(of: session.clientID), remaining)
        return try sign(
            AccessTokenClaims(
                issuer: issuer.text,
                subject: session.userID.text,
                audience: session.resource,
                clientID: session.clientID,
                // `offline_access` concerns the refresh token; to a resource server it means nothing (SEP-2207).
                scope: scopes.filter { $0 != ScopeSet.offlineAccess }.text,
                tokenID: tokenIDs.next().text,
                issuedAt: now,
                expiresAt: now + lifetime,
                authenticatedAt: session.authenticatedAt,
                sessionID: session.id.text,
                boundKey: key,
                additionalClaims: try Self.mappedClaims(session)
            ),
            lifetime: lifetime
        )
    }

    // Written by us when the session began; unreadable claims must not be left out silently.
    private static func mappedClaims(_ session: Session) throws(OAuthError) -> JSONObject {
        guard !session.claims.isEmpty else { return [:] }
        do { return try JSONParser.parseObject(session.claims) } catch {
            throw OAuthError(.serverError, "the session's claims cannot be read")
        }
    }

    /// The access token of a client that acts on its own behalf (RFC 6749 §4.4): `sub` is the client, and there is no
    /// `tsid` (CC-1).
    ///
    /// - Throws: `server_error` when signing fails.
    package func issue(
        toClient clientID: String,
        resource: String,
        scopes: ScopeSet,
        boundTo key: KeyThumbprint? = nil,
        now: Timestamp
    ) throws(OAuthError) -> IssuedToken {
        let lifetime = policy.accessTokenLifetime(of: clientID)
        return try sign(
            AccessTokenClaims(
                issuer: issuer.text,
                subject: clientID,
                audience: resource,
                clientID: clientID,
                scope: scopes.text,
                tokenID: tokenIDs.next().text,
                issuedAt: now,
                expiresAt: now + lifetime,
                boundKey: key
            ),
            lifetime: lifetime
        )
    }

    /// A token of a workload, or a delegated one, which lives no longer than `lifetime`.
    ///
    /// - Throws: `server_error` when signing fails.
    package func issue(
        _ content: AccessTokenContent,
        lifetime: Duration,
        now: Timestamp
    ) throws(OAuthError) -> IssuedToken {
        try sign(
            AccessTokenClaims(
                issuer: issuer.text,
                subject: content.subject,
                audience: content.audience,
                clientID: content.clientID,
                scope: content.scopes.text,
                tokenID: tokenIDs.next().text,
                issuedAt: now,
                expiresAt: now + lifetime,
                authenticatedAt: content.authenticatedAt,
                sessionID: content.sessionID?.text,
                actor: content.actor,
                boundKey: content.boundKey,
                additionalClaims: content.mappedClaims
            ),
            lifetime: lifetime
        )
    }

    private func sign(_ claims: AccessTokenClaims, lifetime: Duration) throws(OAuthError) -> IssuedToken {
        do {
            let keySet = keys.current
            let payload = claims.payload()
            let token = try keySet.active.sign(type: SigningKey.accessTokenType, payload: payload)
            seen.insert(issued: payload, digest: SHA256.hash(token), under: keySet)
            return IssuedToken(token: token, lifetime: lifetime, tokenID: claims.tokenID)
        } catch {
            throw OAuthError(.serverError, "the token could not be signed")
        }
    }
}
