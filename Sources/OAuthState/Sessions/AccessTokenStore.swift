package import OAuthProtocol
package import OpenSSLCrypto

/// Where access tokens that are refused before they expire are kept.
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

/// What became of an access token that its client gave back.
package enum AccessTokenRevocation: Hashable, Sendable {
    /// It is refused from now on.
    case revoked
    /// There was no room to remember it, and its whole session was ended for that.
    case sessionEnded(Session)
    /// There is no room, and no session to end; nothing happened.
    case full
}

/// What an access token has to be looked up by.
package struct AccessTokenReference: Hashable, Sendable {
    /// Hash of its `jti`.
    package let tokenID: SHA256Digest
    /// Its session; `nil` for a token that a client got for itself.
    package let sessionID: SessionID?

    /// The reference of a token.
    package init(tokenID: String, sessionID: SessionID?) {
        self.tokenID = SHA256.hash(tokenID)
        self.sessionID = sessionID
    }
}

/// Whether an access token still stands.
package enum AccessTokenStanding: Hashable, Sendable {
    /// It does, for this session.
    case session(Session)
    /// It does, and there is no session behind it: a client's own token.
    case withoutSession
    /// The token was revoked, or its session is over.
    case revoked
}
