/// The names of the provider's endpoints in scripts and captures; the raw value is the path.
package enum EndpointName: String, Sendable, Hashable, CaseIterable {
    /// The OpenID Connect discovery document.
    case discovery = "/.well-known/openid-configuration"
    /// The JWK Set.
    case keySet = "/jwks"
    /// OpenID Connect: the authorization endpoint.
    case authorization = "/authorize"
    /// The target of the sign-in page of both flavours.
    case signIn = "/sign-in"
    /// OpenID Connect: the token endpoint.
    case token = "/token"
    /// OpenID Connect: the endpoint for refresh tokens of a provider that has one of its own.
    case refresh = "/refresh"
    /// OpenID Connect: the UserInfo endpoint.
    case userInfo = "/userinfo"
    /// Token revocation of both flavours.
    case revocation = "/revoke"
    /// Dynamic client registration.
    case registration = "/register"
    /// Sign-out in the browser.
    case endSession = "/end-session"
    /// OAuth 2.0: the authorization endpoint.
    case oauth2Authorization = "/oauth2/authorize"
    /// OAuth 2.0: the token endpoint.
    case oauth2Token = "/oauth2/token"
    /// OAuth 2.0: the endpoint for refresh tokens of a provider that has one of its own.
    case oauth2Refresh = "/oauth2/refresh"
    /// OAuth 2.0: the user of a token, like GitHub's `/user`.
    case oauth2User = "/oauth2/user"

    /// The path.
    package var path: String { rawValue }

    /// The endpoint with the same purpose of the OAuth 2.0 flavour.
    package var ofOAuth2: EndpointName {
        switch self {
        case .authorization: .oauth2Authorization
        case .token: .oauth2Token
        case .refresh: .oauth2Refresh
        case .userInfo: .oauth2User
        default: self
        }
    }

    /// Whether browsers are sent there, so that answers are redirects and pages.
    var isForBrowsers: Bool {
        switch self {
        case .authorization, .signIn, .endSession, .oauth2Authorization: true
        default: false
        }
    }

    /// Whether answers are redirects with parameters.
    var isAuthorization: Bool { self == .authorization || self == .oauth2Authorization }

    /// Whether errors have the form of RFC 6749 §5.2 or are returned by redirect.
    var hasOAuthErrors: Bool {
        switch self {
        case .discovery, .keySet, .signIn, .endSession: false
        default: true
        }
    }
}
