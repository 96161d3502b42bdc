package import OAuthProtocol

/// RFC 6749 §2.3.1: our secret at a provider, as the provider gave it; prints `<redacted>`.
package struct UpstreamClientSecret: Hashable, Sendable, RedactedSecret {
    /// The secret, for whoever keeps a registration.
    package let value: String

    /// Takes the secret over from the operator's file or from a registration.
    package init(_ value: String) {
        self.value = value
    }
}

/// How we prove at a provider's endpoints who we are.
package enum UpstreamClientAuthentication: Sendable, RedactedSecret {
    /// What the provider's metadata offers for the secret we have; `none` without a secret.
    case automatic
    /// RFC 6749 §2.3.1: id and secret in the Authorization header.
    case basic
    /// RFC 6749 §2.3.1: id and secret in the form.
    case post
    /// A public client: PKCE alone protects the code.
    case none
    /// RFC 7523 §2.2: an assertion signed with our key.
    case privateKeyJWT(SigningKey)
}
