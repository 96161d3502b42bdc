package import Logging
package import OAuthProtocol
package import OpenSSLCrypto
package import OutboundHTTP

/// A provider where users log in, whose client this server is and whose tokens the vault stores.
///
/// Creating one sends nothing: discovery and keys are fetched at the first login. Every cache has a bound, and a
/// failure of one provider does not affect another.
package final class UpstreamProvider: Sendable {
    let configuration: UpstreamConfiguration
    let timeSource: any TimeSource
    let random: any RandomSource
    let logger: Logger
    let exchange: UpstreamExchange
    let tokenEndpoint: TokenEndpoint
    let clients: UpstreamClients
    let breaker = RefreshBreaker()
    /// The parts that only an OpenID Connect provider has.
    let openID: OpenID?
    /// The parts that only a protected MCP server has.
    let protected: Protected?
    /// The look-up of organisations that only GitHub has.
    let organizations: OrganizationLookup?
    /// The metadata that only a foreign authorization server has.
    private let chainedEndpoints: CachedDocument<UpstreamEndpoints>?
    private let staticEndpoints: UpstreamEndpoints?

    /// Discovery, keys and the rules for tokens of an OpenID Connect provider.
    struct OpenID: Sendable {
        let rule: IssuerRule
        let endpoints: CachedDocument<UpstreamEndpoints>
        let keys: ProviderKeys
        let verifier: IDTokenVerifier
    }

    /// Checks the configuration and makes the provider.
    ///
    /// - Parameters:
    ///   - configuration: The provider, and our client there.
    ///   - registration: How to register dynamically, if the configuration has no client.
    ///   - transport: Sends the requests.
    ///   - timeSource: The wall clock.
    ///   - random: The source of assertions' `jti`.
    ///   - logger: Receives failures.
    /// - Throws: ``UpstreamError`` `misconfigured`.
    package init(
        configuration: UpstreamConfiguration,
        registration: UpstreamSelfRegistration? = nil,
        transport: any OutboundTransport,
        timeSource: any TimeSource,
        random: any RandomSource,
        logger: Logger
    ) throws(UpstreamError) {
        try configuration.check()
        let needsClient = if case .entered = configuration.kind { false } else { true }
        guard !needsClient || (configuration.clientID == nil) == (registration != nil) else {
            throw UpstreamError(.misconfigured, "either a client or dynamic registration must be configured")
        }
        clients = UpstreamClients(
            configured: configuration.configuredClient,
            registration: registration,
            issuer: configuration.issuingServer,
            resource: configuration.resource,
            timeSource: timeSource
        )
        self.configuration = configuration
        self.timeSource = timeSource
        self.random = random
        var logger = logger
        logger[metadataKey: "upstream"] = .string(configuration.name)
        self.logger = logger
        let exchange = UpstreamExchange(
            transport: transport,
            addressPolicy: configuration.addressPolicy,
            limits: configuration.limits,
            allowsInsecureHTTP: configuration.allowsInsecureHTTP
        )
        self.exchange = exchange
        tokenEndpoint = TokenEndpoint(
            exchange: exchange,
            behaviour: configuration.behaviour,
            random: random,
            resource: configuration.resource
        )
        protected = Protected(configuration, exchange, clients, timeSource: timeSource, logger: logger)
        organizations = Self.organizations(configuration, exchange, timeSource: timeSource)
        chainedEndpoints = Self.chainedEndpoints(configuration, exchange, timeSource: timeSource, logger: logger)
        openID = OpenID(configuration, exchange, timeSource: timeSource, logger: logger)
        staticEndpoints =
            if case .oauth2(let endpoints) = configuration.kind { UpstreamEndpoints(endpoints) } else { nil }
    }

    /// The configured name.
    package var name: String { configuration.name }

    /// When logins visit this provider, unless a resource says otherwise.
    package var login: LoginNeed { configuration.login }

    /// When the provider last redeemed a code or a refresh token; `nil` before the first one of this process.
    ///
    /// It shows that the provider is available and accepts our client, so that a refusal is about one grant.
    package var servedAt: Timestamp? { breaker.servedAt }

    /// Our client id at the provider, which the audience of its ID and logout tokens names.
    ///
    /// `nil` before the first registration. What tokens are bound to is ``clientBinding``.
    package var clientID: String? { clients.known?.id }

    /// Our client there; `nil` before the first registration.
    package var knownClient: UpstreamClient? { clients.known }

    /// What the tokens of our client are bound to (VR-8), as a connection stores it; see ``UpstreamClient/binding``.
    ///
    /// `nil` before the first registration: no stored token is then known to be the present client's.
    package var clientBinding: String? { clients.known?.binding }

    /// Our client at the provider; registers it first if that is configured and still to be done.
    ///
    /// - Throws: ``UpstreamError`` of the registration; the next attempt is made after half a minute.
    package func client() async throws(UpstreamError) -> UpstreamClient {
        try await clients.current()
    }

    /// Takes the secrets and the key of a configuration that differs from this provider's only in them (N-3).
    package func adoptClient(of configuration: UpstreamConfiguration) {
        clients.adopt(configuration.configuredClient)
    }

    /// The namespace of this provider's subjects: its issuer, or its configured name (JB-8).
    package var identityNamespace: String { openID?.rule.identityNamespace ?? "name:" + name }

    /// Whether tokens with this `iss` are this provider's.
    ///
    /// - Throws: ``UpstreamError`` when only the provider's document could tell, and it cannot be fetched: a guess
    ///   would make one user two.
    package func issues(_ issuer: String, claims: JSONObject) async throws(UpstreamError) -> Bool {
        guard let openID else { return false }
        if openID.rule.isUndecided(issuer) { _ = try await endpoints() }
        return openID.rule.accepts(tokenIssuer: issuer, claims: claims)
    }

    /// The account that claims of this provider's tokens are about, as ``UpstreamLogin/subject`` names it.
    ///
    /// - Throws: ``UpstreamError`` `userInfoFailed` without a usable subject or tenant.
    package func accountSubject(in claims: JSONObject) throws(UpstreamError) -> String {
        try identityPaths.accountSubject(in: claims)
    }

    /// The claims of an ID token that was verified before it was stored; `nil` for a text that is none, and at a
    /// provider whose ID tokens are not verified.
    package func claims(ofStoredIDToken text: String) -> JSONObject? {
        guard openID != nil else { return nil }
        // What is no ID token says nothing.
        guard let jws = try? CompactJWS(parsing: text, maximumBytes: IDTokenVerifier.byteCountMax) else { return nil }
        return try? JSONWebToken.unverifiedClaims(of: jws)
    }

    /// The address in claims of this provider's ID tokens, only if the provider has verified it (D-63).
    package func verifiedEmail(in claims: JSONObject) -> String? {
        // Claims without a subject are no ID token's, and say nothing.
        try? identityPaths.account(in: claims, verifiedEmail: configuration.behaviour.verifiedEmail).verifiedEmail
    }

    /// Whether a login can show when the user was last authenticated, which OAuth 2.0 cannot express (OP-5).
    package var provesLoginTime: Bool { openID != nil }

    /// How the provider's answer comes back.
    package var callbackMethod: CallbackMethod { configuration.behaviour.callbackMethod }

    /// Whether a login has a nonce.
    package var usesNonce: Bool { openID != nil && configuration.behaviour.nonce == .required }

    /// Whether a login tells who the user is; if not, its tokens belong to the user whom another provider identified.
    package var identifiesUsers: Bool {
        switch configuration.kind {
        case .openID: true
        case .oauth2(let endpoints): endpoints.identity != .absent
        case .entered, .protectedServer, .chained: false
        }
    }

    /// The configured scopes that a login requests; a protected server may name its own in addition.
    package var requestedScopes: ScopeSet { ScopeSet(configuration.scopes) }

    /// The wanted scopes that a connection was not granted, by the provider's own names.
    package func missingScopes(_ wanted: ScopeSet, granted: ScopeSet) -> ScopeSet {
        switch configuration.behaviour.scopeSemantics {
        case .granted: configuration.behaviour.scopeDialect.missing(wanted, granted: granted)
        // Connecting again could never add what no answer names.
        case .permissions: .empty
        }
    }

    /// The URL that the browser is sent to.
    ///
    /// - Throws: ``UpstreamError`` when the endpoints are unknown and cannot be discovered.
    package func authorizationURL(_ request: UpstreamAuthorizationRequest) async throws(UpstreamError) -> String {
        guard chained == nil else { throw UpstreamError(.misconfigured, "no user visits this authorization server") }
        let endpoints = try await endpoints()
        return request.url(
            endpoints.authorization,
            clientID: try await client().id,
            scopes: endpoints.scopes,
            configuration: configuration
        )
    }

    /// The endpoints that were configured or discovered last; nothing is fetched.
    var knownEndpoints: UpstreamEndpoints? {
        staticEndpoints ?? chainedEndpoints?.known ?? protected?.endpoints.known ?? openID?.endpoints.known
    }

    func endpoints() async throws(UpstreamError) -> UpstreamEndpoints {
        if let staticEndpoints { return staticEndpoints }
        if let chainedEndpoints { return try await chainedEndpoints.value() }
        if let protected {
            // Becoming a client there pins the issuer.
            _ = try await client()
            return try await protected.endpoints.value()
        }
        guard let openID else { throw UpstreamError(.misconfigured, "the provider has no endpoints") }
        return try await openID.endpoints.value()
    }
}

extension UpstreamProvider.OpenID {
    /// `nil` for a provider of another kind.
    fileprivate init?(
        _ configuration: UpstreamConfiguration,
        _ exchange: UpstreamExchange,
        timeSource: any TimeSource,
        logger: Logger
    ) {
        guard case .openID(let issuer) = configuration.kind else { return nil }
        rule = IssuerRule(configured: issuer, behaviour: configuration.behaviour)
        let discovery = UpstreamDiscovery(
            exchange: exchange,
            rule: rule,
            overrides: configuration.endpointOverrides,
            namedURL: configuration.behaviour.discoveryURL,
            keySetURL: configuration.behaviour.keySetURL
        )
        endpoints = CachedDocument(lifetimes: UpstreamDiscovery.lifetimes, timeSource: timeSource) {
            do throws(UpstreamError) {
                return .success(try await discovery.endpoints())
            } catch {
                logger.warning("discovery failed", metadata: ["reason": .string(error.reason)])
                return .failure(error.because(.discoveryFailed))
            }
        }
        keys = ProviderKeys(exchange: exchange, endpoints: endpoints, timeSource: timeSource)
        verifier = IDTokenVerifier(
            rule: rule,
            keys: keys,
            algorithms: configuration.behaviour.idTokenAlgorithms ?? SignatureAlgorithm.verifiable,
            clockSkewSeconds: configuration.behaviour.clockSkewSeconds ?? IDTokenVerifier.usualClockSkewSeconds
        )
    }
}
