package import Logging
package import OAuthProtocol
package import OpenSSLCrypto
package import OutboundHTTP

/// A provider where users log in and whose tokens the vault keeps, talked to as its client.
///
/// Making one sends nothing: discovery and keys are fetched at the first login. Whatever is cached has a bound, and one
/// provider's trouble is its own.
package final class UpstreamProvider: Sendable {
    let configuration: UpstreamConfiguration
    let timeSource: any TimeSource
    let random: any RandomSource
    let logger: Logger
    let exchange: UpstreamExchange
    let tokenEndpoint: TokenEndpoint
    let clients: UpstreamClients
    let breaker = RefreshBreaker()
    /// What only a provider that speaks OpenID Connect has.
    let openID: OpenID?
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
    ///   - configuration: The provider, and who we are there.
    ///   - registration: How we register ourselves, where the configuration does not say who we are.
    ///   - transport: How it is reached.
    ///   - timeSource: The wall clock.
    ///   - random: For assertions.
    ///   - logger: Where trouble is told.
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
        guard (configuration.clientID == nil) == (registration != nil) else {
            throw UpstreamError(.misconfigured, "either a client is configured or we register ourselves")
        }
        clients = UpstreamClients(
            configured: configuration.configuredClient,
            registration: registration,
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
            random: random
        )
        switch configuration.kind {
        case .openID(let issuer):
            openID = OpenID(
                issuer: issuer,
                configuration: configuration,
                exchange: exchange,
                timeSource: timeSource,
                logger: logger
            )
            staticEndpoints = nil
        case .oauth2(let endpoints):
            openID = nil
            staticEndpoints = UpstreamEndpoints(endpoints)
        }
    }

    /// The configured name.
    package var name: String { configuration.name }

    /// Whether a login goes on when this provider fails.
    package var isOptional: Bool { configuration.isOptional }

    /// Our id at the provider: refresh tokens are bound to it (VR-8).
    ///
    /// `nil` before we first registered ourselves.
    package var clientID: String? { clients.known?.id }

    /// Who we are at the provider; registers us first where that is configured and was not done yet.
    ///
    /// - Throws: ``UpstreamError`` of the registration; the next attempt is made after half a minute.
    package func client() async throws(UpstreamError) -> UpstreamClient {
        try await clients.current()
    }

    /// Where this provider's subjects mean something: its issuer, or our name for it (JB-8).
    package var identityNamespace: String { openID?.rule.identityNamespace ?? "name:" + name }

    /// Whether a login can show when the user was last asked: OAuth 2.0 has no word for it (OP-5).
    package var provesLoginTime: Bool { openID != nil }

    /// Whether a login carries a nonce.
    package var usesNonce: Bool { openID != nil }

    /// What a login asks for.
    package var requestedScopes: ScopeSet { ScopeSet(configuration.scopes) }

    /// The scopes that are wanted and that a connection was not granted, by the provider's own names.
    package func missingScopes(_ wanted: ScopeSet, granted: ScopeSet) -> ScopeSet {
        configuration.behaviour.scopeDialect.missing(wanted, granted: granted)
    }

    /// The URL to which the browser is sent.
    ///
    /// - Throws: ``UpstreamError`` when the endpoints are not known yet and cannot be found.
    package func authorizationURL(_ request: UpstreamAuthorizationRequest) async throws(UpstreamError) -> String {
        request.url(
            try await endpoints().authorization,
            clientID: try await client().id,
            configuration: configuration
        )
    }

    func endpoints() async throws(UpstreamError) -> UpstreamEndpoints {
        if let staticEndpoints { return staticEndpoints }
        guard let openID else { throw UpstreamError(.misconfigured, "the provider has no endpoints") }
        return try await openID.endpoints.value()
    }
}

extension UpstreamProvider.OpenID {
    fileprivate init(
        issuer: String,
        configuration: UpstreamConfiguration,
        exchange: UpstreamExchange,
        timeSource: any TimeSource,
        logger: Logger
    ) {
        rule = IssuerRule(configured: issuer, behaviour: configuration.behaviour)
        let discovery = UpstreamDiscovery(
            exchange: exchange,
            rule: rule,
            overrides: configuration.endpointOverrides
        )
        endpoints = CachedDocument(lifetimes: UpstreamDiscovery.lifetimes, timeSource: timeSource) {
            do throws(UpstreamError) {
                return .success(try await discovery.endpoints())
            } catch {
                logger.warning("discovery failed", metadata: ["reason": .string(error.reason)])
                return .failure(error)
            }
        }
        keys = ProviderKeys(exchange: exchange, endpoints: endpoints, timeSource: timeSource)
        verifier = IDTokenVerifier(rule: rule, keys: keys)
    }
}
