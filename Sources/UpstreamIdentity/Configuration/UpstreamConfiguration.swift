package import OAuthProtocol
package import OutboundHTTP

/// One upstream provider: the operator's configuration, completed by its preset.
package struct UpstreamConfiguration: Sendable {
    /// The protocol that the provider speaks.
    package enum Kind: Hashable, Sendable {
        /// OpenID Connect: the endpoints are discovered from the issuer.
        case openID(issuer: String)
        /// OAuth 2.0 with explicit endpoints.
        case oauth2(OAuth2Endpoints)
        /// OAuth 2.0, found through the metadata of a protected MCP server.
        case protectedServer(ProtectedServer)
        /// None: users enter credentials.
        case entered(EnteredCredential)
        /// A foreign authorization server, asked with an identity provider's assertions.
        case chained(ChainedServer)
    }

    /// The name, as it occurs in callback paths and in `audience`.
    package var name: String
    /// The protocol and the provider's address.
    package var kind: Kind
    /// Our client id at the provider; `nil` for dynamic registration.
    package var clientID: String?
    /// Our client secret there.
    package var clientSecret: UpstreamClientSecret?
    /// Earlier secrets, tried in this order when the provider refuses the newest: it may not know that one yet (N-3).
    package var olderClientSecrets: [UpstreamClientSecret] = []
    /// How our client authenticates there.
    package var clientAuthentication: UpstreamClientAuthentication
    /// The scopes that a login requests.
    package var scopes: [String]
    /// When logins visit this provider, unless a resource says otherwise.
    package var login = LoginNeed.required
    /// Parameters added to the authorization request, including the preset's.
    package var additionalAuthorizationParameters: [UpstreamParameter]
    /// Endpoints that replace discovered ones.
    package var endpointOverrides: UpstreamEndpointOverrides
    /// Our redirect URI there (UP-1: one for each provider, so that codes cannot be mixed up, D-65).
    package var callbackURL: String
    /// The addresses that the provider may have.
    package var addressPolicy: AddressPolicy
    /// Whether the provider's URLs may be plain http, for development.
    package var allowsInsecureHTTP = false
    /// The values that claims must have for a login to be accepted.
    package var requiredClaims: [UpstreamClaimRequirement] = []
    /// Claims that are copied into our tokens; userinfo is asked for those that the ID token lacks.
    package var wantedClaims: [String] = []
    /// How the provider differs from the specifications.
    package var behaviour: UpstreamBehaviour
    /// The bounds of one exchange.
    package var limits = OutboundRequest.Limits()

    /// Completes the operator's configuration with the preset.
    ///
    /// - Parameters:
    ///   - name: The name, as it occurs in callback paths and in `audience`.
    ///   - preset: The provider's preset; the generic `oidc` or `oauth2` for providers without one.
    ///   - issuer: The issuer, for presets of products that have many sites.
    ///   - endpoints: Endpoints that replace the preset's.
    ///   - clientID: Our client id at the provider; `nil` for dynamic registration.
    ///   - clientSecret: Our client secret there.
    ///   - clientAuthentication: `nil` for the preset's.
    ///   - scopes: `nil` for the preset's.
    ///   - additionalAuthorizationParameters: Precede the preset's; a preset's parameter of the same name is left out.
    ///   - callbackURL: Our redirect URI there.
    ///   - addressPolicy: The addresses that the provider may have.
    ///   - overrides: What replaces parts of the preset's behaviour.
    ///   - credential: What users enter with the preset without a protocol.
    ///   - server: The protected server of the preset `mcp`.
    ///   - chained: The foreign authorization server of the preset `chained`.
    /// - Throws: ``UpstreamError`` `misconfigured` when a value is missing that the preset does not have.
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
        addressPolicy: AddressPolicy = .publicOnly,
        behaviour overrides: UpstreamBehaviourOverrides = UpstreamBehaviourOverrides(),
        credential: EnteredCredential? = nil,
        server: ProtectedServer? = nil,
        chained: ChainedServer? = nil
    ) throws(UpstreamError) {
        self.name = name
        if preset == .mcp {
            guard var server else { throw UpstreamError(.misconfigured, "the URL of the protected server is missing") }
            server.issuer = issuer
            kind = .protectedServer(server)
        } else if preset == .chained, let chained {
            kind = .chained(chained)
        } else {
            kind = try preset.kind(issuer: issuer, overrides: endpoints, behaviour: overrides, credential: credential)
        }
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
        behaviour = overrides.applied(to: preset.behaviour)
        // Decided by the configuration and not by each token, so that a user is the same one at every login.
        if let paths = behaviour.subjectWithoutProfile, !self.scopes.contains("profile") {
            behaviour.claimPaths.subject = paths
        }
    }
}

extension UpstreamConfiguration {
    /// The parameters that the server sets: a fixed `state` or `nonce` would remove the protection from forged and
    /// replayed logins, and another `redirect_uri` or `request` would send the code elsewhere.
    static let reservedParameters: Set<String> = [
        "response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "user_scope", "state",
        "nonce", "code_challenge", "code_challenge_method", "request", "request_uri",
    ]

    /// The parameters that can carry scopes.
    static let scopeParameters: Set<String> = ["scope", "user_scope"]

    /// RFC 9700 §2.1.1: a code that neither PKCE nor our client authentication protects could be redeemed by any thief.
    private func checkProofs() throws(UpstreamError) {
        guard case .none = clientAuthentication, clientID != nil else { return }
        guard behaviour.proofKey == .s256 else {
            throw UpstreamError(.misconfigured, "pkce: off requires a client that authenticates")
        }
    }

    /// RFC 8707 §2: the resource that tokens are for; `nil` where a provider's tokens have no such bound.
    var resource: String? {
        if case .protectedServer(let server) = kind { server.identifier } else { nil }
    }

    /// MCP 2026-07-28, Authorization: PKCE always, and a client's secret goes only where the operator says.
    private func check(_ server: ProtectedServer) throws(UpstreamError) {
        try UpstreamURL.check(server.url, what: "URL of the server", allowsInsecureHTTP: allowsInsecureHTTP)
        try UpstreamURL.check(server.identifier, what: "resource", allowsInsecureHTTP: allowsInsecureHTTP)
        guard behaviour.proofKey == .s256 else {
            throw UpstreamError(.misconfigured, "a protected server needs pkce: S256")
        }
        guard clientID == nil || server.issuer != nil else {
            throw UpstreamError(.misconfigured, "a configured client of a protected server needs its issuer")
        }
        if let issuer = server.issuer {
            try UpstreamURL.check(issuer, what: "issuer", allowsInsecureHTTP: allowsInsecureHTTP)
        }
    }

    /// The configured client.
    var configuredClient: UpstreamClient? {
        clientID.map {
            UpstreamClient(
                id: $0,
                secret: clientSecret,
                olderSecrets: olderClientSecrets,
                authentication: clientAuthentication,
                issuer: issuingServer,
                resource: resource
            )
        }
    }

    /// Refuses at start what could only fail, or do harm, at a login.
    ///
    /// - Throws: ``UpstreamError`` `misconfigured`.
    package func check() throws(UpstreamError) {
        for parameter in additionalAuthorizationParameters
        where UpstreamConfiguration.reservedParameters.contains(parameter.name)
            || parameter.name == behaviour.scopeParameter
        {
            throw UpstreamError(.misconfigured, "the parameter \(parameter.name) is set by the server")
        }
        for parameter in behaviour.additionalScopes
        where parameter.name == behaviour.scopeParameter || !Self.scopeParameters.contains(parameter.name) {
            throw UpstreamError(.misconfigured, "the parameter \(parameter.name) cannot carry further scopes")
        }
        for scope in scopes + behaviour.additionalScopes.flatMap(\.scopes) where !ScopeSet.isToken(scope) {
            throw UpstreamError(.misconfigured, "a scope has a forbidden character")
        }
        if case .entered(let credential) = kind {
            guard let check = credential.check else { return }
            return try UpstreamURL.check(check.url, what: "URL of the check", allowsInsecureHTTP: allowsInsecureHTTP)
        }
        switch clientAuthentication {
        case .basic, .post:
            guard clientSecret != nil else { throw UpstreamError(.misconfigured, "a client secret is required") }
        case .automatic, .none, .privateKeyJWT: break
        }
        try checkProofs()
        try checkVerification()
        switch kind {
        case .openID(let issuer):
            try UpstreamURL.check(issuer, what: "issuer", allowsInsecureHTTP: allowsInsecureHTTP)
            guard scopes.contains(ScopeSet.openID) else {
                throw UpstreamError(.misconfigured, "the scopes must contain openid")
            }
        case .entered: break
        case .protectedServer(let server): try check(server)
        case .chained(let server):
            try UpstreamURL.check(server.issuer, what: "issuer", allowsInsecureHTTP: allowsInsecureHTTP)
            try UpstreamURL.check(server.resource, what: "resource", allowsInsecureHTTP: allowsInsecureHTTP)
        case .oauth2(let endpoints):
            try endpoints.check(clientID: clientID ?? "client", allowsInsecureHTTP: allowsInsecureHTTP)
        }
    }
}

extension OAuth2Endpoints {
    fileprivate func check(clientID: String, allowsInsecureHTTP: Bool) throws(UpstreamError) {
        try UpstreamURL.check(authorization, what: "authorization endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        try UpstreamURL.check(token, what: "token endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        if let refresh {
            try UpstreamURL.check(refresh, what: "refresh endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        }
        if let revocation = UpstreamEndpoints(self).revocation(clientID: clientID) {
            try UpstreamURL.check(revocation, what: "revocation endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        }
        if case .userInfo(let mapping) = identity {
            let example = mapping.endpoint.filling("token")
            try UpstreamURL.check(example, what: "userinfo endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        }
    }
}
