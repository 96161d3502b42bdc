package import OAuthProtocol

/// OpenID Connect Back-Channel Logout 1.0 §2.4: what a verified logout token says.
package struct LogoutToken: Hashable, Sendable {
    /// The account whose sessions end, as ``UpstreamLogin/subject`` names it; `nil` when only a session is named.
    package let subject: String?
    /// The provider's session that ends; `nil` when all of the account's do.
    package let sessionID: String?
    /// `jti`: the caller remembers it until ``expiry`` and refuses it a second time (LO-1).
    package let tokenID: String
    /// When the token expires.
    package let expiry: Timestamp
}
