import DevelopmentIdentityProvider
import OAuthProtocol

/// A public provider's behaviour, which an embedded provider of `gatehouse dev` has all the time.
enum ProviderPreset: String, CaseIterable, Sendable {
    /// OpenID Connect with refresh tokens that rotate; using one a second time ends the grant.
    case standard
    /// OAuth 2.0 whose tokens never expire and have no refresh token: GitHub's OAuth Apps.
    case githubNoExpiry = "github-no-expiry"
    /// OAuth 2.0 whose tokens live 8 hours and rotate, with errors under status 200: GitHub Apps.
    case githubApp = "github-app"
    /// A refresh token that stays the same: Google.
    case googleReusable = "google-reusable"
    /// Refresh tokens rotate, and the second use of one ends the grant: Atlassian.
    case atlassianRotation = "atlassian-rotation"
    /// The tokens are inside a member of the answer, with a type of their own: Slack.
    case slackNested = "slack-nested"
    /// Answers never name `offline_access`, and a refresh without scopes brings no new refresh token: Entra.
    case entraTemplate = "entra-template"
    /// Requests with PKCE are refused, ID tokens have no nonce, scopes are separated by commas: LinkedIn.
    case linkedIn = "linkedin"

    /// Whether it is OAuth 2.0 without OpenID Connect.
    var isOAuth2: Bool { self == .githubNoExpiry || self == .githubApp }

    /// How the embedded provider behaves.
    func configure(_ provider: inout DevelopmentIdentityProvider.Configuration) {
        switch self {
        case .standard, .atlassianRotation, .githubNoExpiry: break
        case .githubApp:
            provider.oauth2.accessTokenLifetime = .seconds(28_800)
            provider.oauth2.refreshTokens = .rotating
            provider.oauth2.answersErrorsWithStatus200 = true
        case .googleReusable: provider.openIDConnect.refreshTokens = .reusable
        case .slackNested: provider.openIDConnect.quirks = [.nestedTokens]
        case .entraTemplate: provider.openIDConnect.quirks = [.hidesOfflineAccess]
        case .linkedIn:
            provider.openIDConnect.quirks = [.refusesProofKey, .omitsNonce, .commasInAnswers]
            provider.openIDConnect.requiresProofKey = false
        }
    }

    /// The keys that an operator has to set for such a provider.
    func keys(at issuer: String) -> JSONObject {
        var keys: JSONObject = ["type": .string(isOAuth2 ? "oauth2" : "oidc")]
        if isOAuth2 {
            keys["authorization_endpoint"] = .string(issuer + EndpointName.oauth2Authorization.path)
            keys["token_endpoint"] = .string(issuer + EndpointName.oauth2Token.path)
            keys["userinfo"] = [
                "endpoint": .string(issuer + EndpointName.oauth2User.path), "subject": ["id"],
                "name": ["name", "login"], "email": ["email"],
            ]
            keys["scopes"] = ["repo", "read:user"]
        } else {
            keys["issuer"] = .string(issuer)
            keys["scopes"] = ["openid", "profile", "email", "offline_access"]
        }
        switch self {
        case .entraTemplate: keys["send_scopes_on_refresh"] = true
        case .slackNested:
            keys["token_response"] = [
                "access_token": ["data.access_token"], "refresh_token": ["data.refresh_token"],
                "expires_in": ["data.expires_in"], "id_token": ["data.id_token"],
                "token_type": ["data.token_type"], "scope": ["data.scope"],
            ]
        case .linkedIn:
            keys["pkce"] = "off"
            keys["nonce"] = "off"
        default: break
        }
        return keys
    }
}
