import Foundations
package import OAuthProtocol

/// A completed login at a provider: the account and the tokens; prints `<redacted>`.
package struct UpstreamLogin: Sendable, Redacted {
    /// The token answer.
    package let tokens: UpstreamTokenResponse
    /// Our client at the provider, to which the tokens were issued (VR-8): ``UpstreamClient/binding``.
    package let clientBinding: String
    /// The account's stable identifier at the provider; with ``UpstreamProvider/identityNamespace`` it identifies the
    /// user (JB-8).
    ///
    /// Empty where the provider tells nothing of its users; see ``identifiedSubject``.
    package let subject: String
    /// The account's name for the user, for pages.
    package let accountName: String?
    /// The user's name, for pages.
    package let name: String?
    /// The user's address, only if the provider has verified it; never used to find a user (D-63).
    package let verifiedEmail: String?
    /// The granted scopes, or the requested ones when the provider does not state them (RFC 6749 §5.1).
    package let scopes: ScopeSet
    /// How and when the provider authenticated the user, according to its ID token.
    package let authentication: UpstreamAuthentication
    /// The provider's verified claims about the user: from the ID token and, if it was asked, from userinfo.
    package let claims: JSONObject
    /// The operator's requirements, each with only those accepted values that the account has.
    package let metRequirements: [UpstreamClaimRequirement]
    /// The fields beside the token that the provider's API needs.
    package let fields: JSONObject
    /// OpenID Connect Back-Channel Logout 1.0 §2.1: the session at the provider, which its logout tokens name.
    package let sessionID: String?
    /// When the ID token expires, which differs from the access token's expiry (VR-7).
    package let idTokenExpiry: Timestamp?

    /// The account's identifier; `nil` where the provider tells nothing of its users.
    package var identifiedSubject: String? { subject.isEmpty ? nil : subject }
    /// The access token.
    package var accessToken: String { tokens.accessToken }
    /// The refresh token, if the provider issued one now; one from an earlier login remains valid (VR-3).
    package var refreshToken: String? { tokens.refreshToken }
    /// When the access token expires, if the provider states it; never invented.
    package var accessTokenExpiry: Timestamp? { tokens.accessTokenExpiry }
}
