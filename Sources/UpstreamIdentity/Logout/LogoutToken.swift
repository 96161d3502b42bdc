package import OAuthProtocol

/// OpenID Connect Back-Channel Logout 1.0 §2.4: the contents of a verified logout token.
package struct LogoutToken: Hashable, Sendable {
    /// The account whose sessions end, as ``UpstreamLogin/subject`` names it; `nil` when only a session is named.
    package let subject: String?
    /// The provider's session that ends; `nil` for all sessions of the account.
    package let sessionID: String?
    /// `jti`: the caller stores it until ``expiry`` and refuses a repeat (LO-1).
    package let tokenID: String
    /// When the token expires.
    package let expiry: Timestamp
}
