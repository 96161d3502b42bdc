import OAuthProtocol
package import OutboundHTTP

/// One upstream provider, as the operator configured it and its preset completed it.
package struct UpstreamConfiguration: Sendable {
    /// The protocol that the provider speaks.
    package enum Kind: Hashable, Sendable {
        /// OpenID Connect: the endpoints are discovered from the issuer.
        case openID(issuer: String)
        /// OAuth 2.0 with explicit endpoints.
        case oauth2(OAuth2Endpoints)
    }

    /// The name, as it stands in callback paths and in `audience`.
    package var name: String
    /// The protocol and where it is spoken.
    package var kind: Kind
    /// Our id at the provider; `nil` where we register ourselves.
    package var clientID: String?
    /// Our secret there.
    package var clientSecret: UpstreamClientSecret?
    /// How we prove who we are there.
    package var clientAuthentication: UpstreamClientAuthentication
    /// What is asked for.
    package var scopes: [String]
    /// Whether a login goes on when this provider fails.
    package var isOptional = false
    /// What is added to the authorization request, the preset's included.
    package var additionalAuthorizationParameters: [UpstreamParameter]
    /// Endpoints that take the place of discovered ones.
    package var endpointOverrides: UpstreamEndpointOverrides
    /// Our redirect URI there (UP-1: one for each provider, so that codes cannot be mixed up, D-65).
    package var callbackURL: String
    /// The addresses at which the provider may live.
    package var addressPolicy: AddressPolicy
    /// Whether the provider's URLs may be plain http, for development.
    package var allowsInsecureHTTP = false
    /// What claims have to say for a login to be let in.
    package var requiredClaims: [UpstreamClaimRequirement] = []
    /// Claims that go into our tokens; userinfo is asked for those that the ID token lacks.
    package var wantedClaims: [String] = []
    /// How the provider departs from the specifications.
    package var behaviour: UpstreamBehaviour
    /// The bounds of one exchange.
    package var limits = OutboundRequest.Limits()

    /// Completes what the operator said with what the preset knows.
    ///
    /// - Parameters:
    ///   - name: The name, as it stands in callback paths and in `audience`.
    ///   - preset: The provider's particulars; `oidc` or `oauth2` for none.
    ///   - issuer: The issuer, for presets that are a product and not one site.
    ///   - endpoints: Endpoints in place of the preset's.
    ///   - clientID: Our id at the provider; `nil` where we register ourselves.
    ///   - clientSecret: Our secret there.
    ///   - clientAuthentication: `nil` leaves it to the preset.
    ///   - scopes: `nil` leaves them to the preset.
    ///   - additionalAuthorizationParameters: Go before the preset's; a preset's parameter of the same name is left out.
    ///   - callbackURL: Our redirect URI there.
    ///   - addressPolicy: The addresses at which the provider may live.
    /// - Throws: ``UpstreamError`` `misconfigured` when something that the preset does not know is missing.
    package init(
        name: String,
        preset: UpstreamPreset,
        issuer: String? = nil,
        endpoints: UpstreamEndpointOverrides = UpstreamEndpointOverrides(),
        clientID: String?,
        clientSecret: UpstreamClientSecret? = nil,
        clientAuthentication: UpstreamClientAuthentication? = nil,
        scopes: [String]? = nil,
        additionalAuthorizationParameters: [UpstreamParameter] = [],
        callbackURL: String,
        addressPolicy: AddressPolicy = .publicOnly
    ) throws(UpstreamError) {
        self.name = name
        kind = try preset.kind(issuer: issuer, overrides: endpoints)
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.clientAuthentication = clientAuthentication ?? (clientSecret == nil ? .none : preset.clientAuthentication)
        self.scopes = scopes ?? preset.scopes
        let names = Set(additionalAuthorizationParameters.map(\.name))
        self.additionalAuthorizationParameters =
            additionalAuthorizationParameters + preset.parameters.filter { !names.contains($0.name) }
        endpointOverrides = endpoints
        self.callbackURL = callbackURL
        self.addressPolicy = addressPolicy
        behaviour = preset.behaviour
    }
}

extension UpstreamConfiguration {
    /// The parameters that are ours to set: a fixed `state` or `nonce` would undo the protection from forged and replayed
    /// logins, and another `redirect_uri` or `request` would take the code elsewhere.
    static let reservedParameters: Set<String> = [
        "response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "user_scope", "state",
        "nonce", "code_challenge", "code_challenge_method", "request", "request_uri",
    ]

    /// Who the operator says that we are.
    var configuredClient: UpstreamClient? {
        clientID.map { UpstreamClient(id: $0, secret: clientSecret, authentication: clientAuthentication) }
    }

    /// Refuses at the start what could only fail, or harm, at a login.
    ///
    /// - Throws: ``UpstreamError`` `misconfigured`.
    package func check() throws(UpstreamError) {
        for parameter in additionalAuthorizationParameters
        where UpstreamConfiguration.reservedParameters.contains(parameter.name)
            || parameter.name == behaviour.scopeParameter
        {
            throw UpstreamError(.misconfigured, "the parameter \(parameter.name) is set by the server")
        }
        for scope in scopes where !ScopeSet.isToken(scope) {
            throw UpstreamError(.misconfigured, "a scope has a forbidden character")
        }
        switch clientAuthentication {
        case .basic, .post:
            guard clientSecret != nil else { throw UpstreamError(.misconfigured, "a client secret is needed") }
        case .automatic, .none, .privateKeyJWT: break
        }
        switch kind {
        case .openID(let issuer):
            try UpstreamURL.check(issuer, what: "issuer", allowsInsecureHTTP: allowsInsecureHTTP)
            guard scopes.contains(ScopeSet.openID) else {
                throw UpstreamError(.misconfigured, "the scopes must contain openid")
            }
        case .oauth2(let endpoints):
            try endpoints.check(clientID: clientID ?? "client", allowsInsecureHTTP: allowsInsecureHTTP)
        }
    }
}

extension OAuth2Endpoints {
    fileprivate func check(clientID: String, allowsInsecureHTTP: Bool) throws(UpstreamError) {
        try UpstreamURL.check(authorization, what: "authorization endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        try UpstreamURL.check(token, what: "token endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        if let revocation = UpstreamEndpoints(self).revocation(clientID: clientID) {
            try UpstreamURL.check(revocation, what: "revocation endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        }
        if case .userInfo(let mapping) = identity {
            try UpstreamURL.check(mapping.endpoint, what: "userinfo endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        }
    }
}
