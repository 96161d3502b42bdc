package import OAuthProtocol
package import OpenSSLCrypto

/// Stores access tokens that are refused before they expire.
package protocol AccessTokenStore: Sendable {
    /// Refuses one access token until it expires; its session and refresh token stay (RV-2).
    func revokeAccessToken(
        _ token: AccessTokenReference,
        expiry: Timestamp,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<AccessTokenRevocation>
    /// Whether neither an access token nor its session was revoked.
    func standing(of token: AccessTokenReference, now: Timestamp) async throws(StoreError) -> AccessTokenStanding
}

/// The outcome of revoking an access token.
package enum AccessTokenRevocation: Hashable, Sendable {
    /// It is refused from now on.
    case revoked
    /// The table was full, so its whole session was ended instead.
    case sessionEnded(Session)
    /// The table is full and there is no session to end; nothing was changed.
    case full
}

/// The values that an access token is looked up by.
package struct AccessTokenReference: Hashable, Sendable {
    /// Hash of its `jti`.
    package let tokenID: SHA256Digest
    /// Its session; `nil` for a token issued to a client itself.
    package let sessionID: SessionID?
    /// Its `jti`, by which verifiers learn of its revocation.
    package let identifier: String
    /// Its `aud`; `nil` where no verifier needs to learn of its revocation.
    package let audience: String?

    /// The reference of a token.
    package init(tokenID: String, sessionID: SessionID?, audience: String? = nil) {
        self.tokenID = SHA256.hash(tokenID)
        self.sessionID = sessionID
        identifier = tokenID
        self.audience = audience
    }
}

/// Whether an access token is still valid.
package enum AccessTokenStanding: Hashable, Sendable {
    /// It is valid, and belongs to this session.
    case session(Session)
    /// It is valid, and has no session: it was issued to a client itself.
    case withoutSession
    /// The token was revoked, or its session is over.
    case revoked
}
