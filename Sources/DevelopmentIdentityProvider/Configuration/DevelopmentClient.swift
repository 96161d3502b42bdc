import Foundations
package import OAuthProtocol

/// A client that is registered with the provider.
package struct DevelopmentClient: Sendable, Redacted {
    /// How the client authenticates at the token and revocation endpoints.
    package enum Authentication: Sendable, Redacted {
        /// No authentication: a public client.
        case none
        /// By a secret, in the Authorization header or in the form.
        case secret(String)
        /// By a secret in the Authorization header only.
        case secretBasic(String)
        /// By a secret in the form only.
        case secretPost(String)
        /// By a secret in the form that is a JWT which these keys verify and this issuer has made: Apple.
        case signedSecret(JSONWebKeySet, issuer: String)
        /// By assertions that these keys verify (RFC 7523 §2.2).
        case privateKey(JSONWebKeySet)
    }

    /// The `client_id`.
    package var id: String
    /// The required proof; every other one is refused.
    package var authentication: Authentication
    /// The redirect URIs, compared byte by byte; empty allows any.
    package var redirectURIs: [String]

    /// Registers a client.
    package init(id: String, authentication: Authentication, redirectURIs: [String] = []) {
        self.id = id
        self.authentication = authentication
        self.redirectURIs = redirectURIs
    }

    /// Registers a confidential client.
    package init(id: String, secret: String, redirectURIs: [String] = []) {
        self.init(id: id, authentication: .secret(secret), redirectURIs: redirectURIs)
    }
}
