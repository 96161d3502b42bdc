import Foundations
package import OAuthProtocol

/// RFC 6749 §2.3.1: our client secret at a provider; prints `<redacted>`.
package struct UpstreamClientSecret: Hashable, Sendable, Redacted {
    /// The secret, for code that stores a registration.
    package let value: String

    /// Wraps the secret from the operator's file or from a registration.
    package init(_ value: String) {
        self.value = value
    }
}

/// How our client authenticates at a provider's endpoints.
package enum UpstreamClientAuthentication: Sendable, Redacted {
    /// The best method that the provider's metadata offers for a secret; `none` without a secret.
    case automatic
    /// RFC 6749 §2.3.1: id and secret in the Authorization header.
    case basic
    /// RFC 6749 §2.3.1: id and secret in the form.
    case post
    /// A public client: only PKCE protects the code.
    case none
    /// RFC 7523 §2.2: an assertion signed with our key.
    case privateKeyJWT(SigningKey)
}
