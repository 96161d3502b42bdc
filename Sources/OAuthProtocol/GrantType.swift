/// RFC 6749 §4, §6 and extensions: the `grant_type` values of this server.
package enum GrantType: String, Hashable, Sendable, CaseIterable {
    /// RFC 6749 §4.1: the authorization code grant.
    case authorizationCode = "authorization_code"
    /// RFC 6749 §6: the refresh grant.
    case refreshToken = "refresh_token"
    /// RFC 6749 §4.4: client credentials.
    case clientCredentials = "client_credentials"
    /// RFC 8693 §2.1: token exchange.
    case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
}

/// RFC 7591 §2: how a client authenticates at the token, revocation and introspection endpoints.
package enum TokenEndpointAuthenticationMethod: String, Hashable, Sendable, CaseIterable {
    /// A public client: it names itself without a proof.
    case none
    /// RFC 6749 §2.3.1: id and secret in the Authorization header.
    case clientSecretBasic = "client_secret_basic"
    /// RFC 6749 §2.3.1: id and secret in the form.
    case clientSecretPost = "client_secret_post"
    /// RFC 7523 §2.2, OpenID Connect Core 1.0 §9: a signed assertion.
    case privateKeyJWT = "private_key_jwt"

    /// Whether the client authenticates with a shared secret.
    package var usesSecret: Bool {
        self == .clientSecretBasic || self == .clientSecretPost
    }
}

/// OpenID Connect Dynamic Client Registration 1.0 §2, SEP-837: `application_type`.
package enum ApplicationType: String, Hashable, Sendable {
    case native
    case web
}
