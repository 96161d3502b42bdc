import Foundations
package import OAuthProtocol

/// RFC 7591 §2: the request that registers our client at a provider.
package struct UpstreamRegistrationRequest: Sendable {
    /// Where to register.
    package enum Target: Hashable, Sendable {
        /// At the registration endpoint that the issuer's document names.
        case issuer(String)
        /// At this endpoint.
        case endpoint(String)
        /// With the authorization server that a protected server's metadata names.
        case protectedServer(ProtectedServer)
    }

    /// Where to register.
    package var target: Target
    /// Our redirect URIs there.
    package var redirectURIs: [String]
    /// The client's name on the provider's pages.
    package var clientName: String
    /// The scopes that logins will request.
    package var scopes: [String]
    /// RFC 7591 §3: the initial access token, where the provider requires one.
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

/// RFC 7591 §3.2.1: the provider's registration, which must be durable before it is used; prints `<redacted>`.
///
/// Refresh tokens are valid for this client id only: after another registration the users of old connections must log
/// in again (VR-8).
package struct UpstreamClientRegistration: Sendable, Redacted {
    /// The client id.
    package let clientID: String
    /// The client secret, if the method needs one.
    package let clientSecret: UpstreamClientSecret?
    /// When the secret expires; `nil` for never.
    package let secretExpiry: Timestamp?
    /// How the client authenticates.
    package let authenticationMethod: TokenEndpointAuthenticationMethod
    /// RFC 7592 §3: the token for reading and removing the registration.
    package let registrationAccessToken: UpstreamClientSecret?
    /// RFC 7592 §3: the URL for reading and removing the registration.
    package let registrationClientURI: String?
    /// When the client was registered.
    package let registeredAt: Timestamp
    /// The issuer of the authorization server that a protected server named, which from then on must remain the same.
    package let issuer: String?

    /// A stored registration.
    package init(
        clientID: String,
        clientSecret: UpstreamClientSecret?,
        secretExpiry: Timestamp?,
        authenticationMethod: TokenEndpointAuthenticationMethod,
        registrationAccessToken: UpstreamClientSecret?,
        registrationClientURI: String?,
        registeredAt: Timestamp,
        issuer: String? = nil
    ) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.secretExpiry = secretExpiry
        self.authenticationMethod = authenticationMethod
        self.registrationAccessToken = registrationAccessToken
        self.registrationClientURI = registrationClientURI
        self.registeredAt = registeredAt
        self.issuer = issuer
    }

    /// The method as a configuration has it.
    package var clientAuthentication: UpstreamClientAuthentication {
        authenticationMethod == .clientSecretBasic ? .basic : authenticationMethod == .clientSecretPost ? .post : .none
    }
}
