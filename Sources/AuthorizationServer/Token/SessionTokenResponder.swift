package import OAuthProtocol
package import OAuthState

/// RFC 6749 §5.1: the answer of the code and refresh grants for a session.
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
package final class SessionTokenResponder: Sendable {
    /// Issues the access tokens, and those of clients without a session.
    let accessTokens: AccessTokenIssuer
    private let idTokens: IDTokenIssuer
    /// Derives and recognizes refresh tokens.
    let refreshTokenKey: RefreshTokenKey

    /// A responder that signs with `accessTokens` and `idTokens`, and derives refresh tokens with `refreshTokenKey`.
    package init(accessTokens: AccessTokenIssuer, idTokens: IDTokenIssuer, refreshTokenKey: RefreshTokenKey) {
        self.accessTokens = accessTokens
        self.idTokens = idTokens
        self.refreshTokenKey = refreshTokenKey
    }

    /// The JSON body: a new access token, the session's current refresh token if it has a family, and an ID token when
    /// `openid` was granted.
    ///
    /// - Parameters:
    ///   - session: The session as the store returned it.
    ///   - scopes: The scopes of this access token; the refresh token keeps the full grant (TK-8).
    ///   - key: RFC 9449 §5: the key that the access token is bound to; `nil` for a bearer token.
    ///   - grant: The authorization of a first answer; `nil` on refresh.
    ///   - now: The moment of issue.
    /// - Returns: The body.
    /// - Throws: `server_error` when signing fails.
    package func body(
        _ session: Session,
        scopes: ScopeSet,
        boundTo key: KeyThumbprint? = nil,
        grant: AuthorizationGrant?,
        now: Timestamp
    ) async throws(OAuthError) -> [UInt8] {
        let issued = try await SigningTurn.run { () throws(OAuthError) in
            try accessTokens.issue(for: session, scopes: scopes, boundTo: key, now: now)
        }
        let refreshToken =
            session.generation > 0
            ? RefreshToken(family: session.id, generation: session.generation, key: refreshTokenKey) : nil
        var response = TokenResponse(
            accessToken: issued.token,
            lifetime: issued.lifetime,
            scopes: scopes,
            refreshToken: refreshToken,
            idToken: nil
        )
        if scopes.contains(ScopeSet.openID) {
            response.idToken = try await idTokens.issue(
                for: session,
                scopes: scopes,
                accessToken: issued.token,
                nonce: grant?.request.nonce,
                now: now
            )
        }
        if refreshToken != nil {
            response.refreshExpiry = .init(timeout: session.expiry - now, authorization: session.absoluteExpiry - now)
        }
        response.isBound = key != nil
        return response.body
    }
}
