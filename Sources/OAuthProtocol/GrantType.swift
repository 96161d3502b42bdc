/// RFC 6749 §4.5: the name of a way to get tokens, as `grant_type` carries it.
///
/// Open: each grant declares its own name. Here are only the names that other rules refer to.
package struct GrantType: RawRepresentable, Hashable, Sendable {
    /// The value of `grant_type`.
    package let rawValue: String

    /// The grant with this `grant_type`, offered or not.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// RFC 6749 §4.1: the authorization code grant.
    package static let authorizationCode = GrantType(rawValue: "authorization_code")
    /// RFC 6749 §6: the refresh grant.
    package static let refreshToken = GrantType(rawValue: "refresh_token")
    /// RFC 6749 §4.4: client credentials.
    package static let clientCredentials = GrantType(rawValue: "client_credentials")
    /// RFC 8693 §2.1: token exchange.
    package static let tokenExchange = GrantType(rawValue: "urn:ietf:params:oauth:grant-type:token-exchange")
    /// RFC 7523 §2.1: an assertion of another issuer.
    package static let jwtBearer = GrantType(rawValue: "urn:ietf:params:oauth:grant-type:jwt-bearer")
    /// RFC 8628 §3.4: a device without a browser.
    package static let deviceCode = GrantType(rawValue: "urn:ietf:params:oauth:grant-type:device_code")

    /// The grants that an operator may give to a client of the configuration.
    ///
    /// Token exchange is for resources, which are configured under that name.
    package static let configurable = [authorizationCode, refreshToken, clientCredentials, jwtBearer, deviceCode]
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
