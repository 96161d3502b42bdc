package import OAuthProtocol

/// RFC 7591 §2: what we register ourselves with at a provider.
package struct UpstreamRegistrationRequest: Sendable {
    /// Where we register.
    package enum Target: Hashable, Sendable {
        /// At the registration endpoint that the issuer's document names.
        case issuer(String)
        /// At this endpoint.
        case endpoint(String)
    }

    /// Where we register.
    package var target: Target
    /// Our redirect URIs there.
    package var redirectURIs: [String]
    /// How the provider's pages call us.
    package var clientName: String
    /// What logins will ask for.
    package var scopes: [String]
    /// RFC 7591 §3: the provider's permission to register, where it wants one.
    package var initialAccessToken: UpstreamClientSecret?

    /// Makes a request.
    package init(
        target: Target,
        redirectURIs: [String],
        clientName: String,
        scopes: [String] = [],
        initialAccessToken: UpstreamClientSecret? = nil
    ) {
        self.target = target
        self.redirectURIs = redirectURIs
        self.clientName = clientName
        self.scopes = scopes
        self.initialAccessToken = initialAccessToken
    }
}

/// RFC 7591 §3.2.1: what the provider registered, to be made durable before it is used; prints `<redacted>`.
///
/// Refresh tokens are good for this client id only: after another registration the old connections need their users
/// again (VR-8).
package struct UpstreamClientRegistration: Sendable, RedactedSecret {
    /// Our id.
    package let clientID: String
    /// Our secret, where the method needs one.
    package let clientSecret: UpstreamClientSecret?
    /// When the secret expires; `nil` for never.
    package let secretExpiry: Timestamp?
    /// How we authenticate.
    package let authenticationMethod: TokenEndpointAuthenticationMethod
    /// RFC 7592 §3: with what the registration can be read and removed.
    package let registrationAccessToken: UpstreamClientSecret?
    /// RFC 7592 §3: where.
    package let registrationClientURI: String?
    /// When we registered.
    package let registeredAt: Timestamp

    /// A registration that was kept.
    package init(
        clientID: String,
        clientSecret: UpstreamClientSecret?,
        secretExpiry: Timestamp?,
        authenticationMethod: TokenEndpointAuthenticationMethod,
        registrationAccessToken: UpstreamClientSecret?,
        registrationClientURI: String?,
        registeredAt: Timestamp
    ) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.secretExpiry = secretExpiry
        self.authenticationMethod = authenticationMethod
        self.registrationAccessToken = registrationAccessToken
        self.registrationClientURI = registrationClientURI
        self.registeredAt = registeredAt
    }

    /// The method as a configuration has it.
    package var clientAuthentication: UpstreamClientAuthentication {
        authenticationMethod == .clientSecretBasic ? .basic : authenticationMethod == .clientSecretPost ? .post : .none
    }
}
