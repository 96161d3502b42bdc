package import OAuthProtocol

/// A completed login at a provider: whose it is, and the tokens; prints `<redacted>`.
package struct UpstreamLogin: Sendable, RedactedSecret {
    /// The tokens as they came.
    package let tokens: UpstreamTokenResponse
    /// Our id at the provider, to whom the tokens were issued (VR-8).
    package let clientID: String
    /// The account's stable identifier at the provider; together with ``UpstreamProvider/identityNamespace`` it names the
    /// user (JB-8).
    package let subject: String
    /// What the user calls the account, for pages.
    package let accountName: String?
    /// The user's name, for pages.
    package let name: String?
    /// The user's address, only if the provider vouches for it; never used to find a user (D-63).
    package let verifiedEmail: String?
    /// What was granted; what was asked for, when the provider does not say (RFC 6749 §5.1).
    package let scopes: ScopeSet
    /// How and when the provider authenticated the user, as far as its ID token says so.
    package let authentication: UpstreamAuthentication
    /// What the provider says of the user, verified: the ID token's claims and, where it was asked, userinfo's.
    package let claims: JSONObject
    /// OpenID Connect Back-Channel Logout 1.0 §2.1: the session at the provider, named by its logout tokens.
    package let sessionID: String?
    /// When the ID token expires, which is not when the access token does (VR-7).
    package let idTokenExpiry: Timestamp?

    /// The access token.
    package var accessToken: String { tokens.accessToken }
    /// The refresh token, if the provider gave one now; one from an earlier login stays good (VR-3).
    package var refreshToken: String? { tokens.refreshToken }
    /// When the access token expires, if the provider says so; never invented.
    package var accessTokenExpiry: Timestamp? { tokens.accessTokenExpiry }
}
