import CoreMetrics
import HTTPTypes
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP
import UpstreamIdentity

/// The parts that endpoints share, created once per server.
struct ServerParts {
    private(set) var configuration: Configuration
    let environment: ServerEnvironment
    private(set) var stores: Stores
    let ownKeys: ServerKeys
    let work: BackgroundWork
    private(set) var resources: ResourceCatalogue
    let registry = PrometheusRegistry()
    let instruments: Instruments
    let limits: LimitParts
    let seenTokens = SeenAccessTokens()
    let recentProofs = RecentProofs()
    let proofNonces: ProofNonces?
    let eventWaits: EventWaits
    let eventPushes: EventPushes?
    let seals: BrowserSeals
    private(set) var secrets: OperatorSecrets
    private(set) var clients: ClientParts
    let trustedIssuers: TrustedIssuers
    private(set) var vault: VaultParts

    /// The parts over the given state and keys; no request is sent to a provider.
    ///
    /// - Throws: The error that prevents the start: a misconfigured upstream, a store that fails.
    init(
        _ configuration: Configuration,
        environment: ServerEnvironment,
        stores: Stores,
        keys: ServerKeys,
        audit: AuditTrail,
        work: BackgroundWork
    ) async throws {
        self.configuration = configuration
        self.environment = environment
        self.stores = stores
        self.work = work
        ownKeys = keys
        eventWaits = EventWaits(endings: stores.signals?.endings, work: work)
        secrets = OperatorSecrets(configuration)
        resources = configuration.resourceCatalogue
        instruments = Instruments(
            metrics: ServerMetrics(factory: registry),
            audit: audit,
            logger: environment.logger
        )
        eventPushes = try EventPushes.make(
            configuration,
            environment,
            store: stores.signals,
            rootSecret: keys.rootSecret,
            instruments: instruments,
            work: work
        )
        limits = LimitParts(configuration, instruments, share: NodeShare(stores.upkeep))
        seals = try BrowserSeals(rootSecret: keys.rootSecret, random: environment.random)
        proofNonces =
            configuration.proofs.needNonce
            ? try ProofNonces(secret: keys.rootSecret, random: environment.random) : nil
        clients = ClientParts(
            configuration,
            environment,
            stores: stores,
            limits: limits,
            secrets: secrets,
            work: work
        )
        trustedIssuers = TrustedIssuers(
            configuration,
            environment: environment,
            replay: stores.replay,
            guesses: limits.guesses
        )
        vault = try await VaultParts(
            configuration,
            environment,
            stores: stores,
            keys: keys.vault,
            work: work,
            instruments: instruments
        )
    }

    /// The same parts with another configuration, which differs only in keys that a reload takes.
    ///
    /// Whatever is made of those keys is made anew here, or with each table of routes.
    func reloaded(_ configuration: Configuration, stores: Stores) -> ServerParts {
        var parts = self
        parts.configuration = configuration
        parts.stores = stores
        parts.secrets = OperatorSecrets(configuration)
        parts.resources = configuration.resourceCatalogue
        parts.clients = clients.replacing(stores: stores, secrets: parts.secrets, work: work)
        parts.vault = vault.reloaded(configuration)
        return parts
    }

    // MARK: - Shorter names

    var metrics: ServerMetrics { instruments.metrics }
    var audit: AuditTrail { instruments.audit }
    var keys: SigningKeyPublication { ownKeys.publication }
    var limiter: SourceLimiter { limits.sources }
    var guesses: GuessLimit { limits.guesses }
    var failures: FailureLimit { limits.failures }
    var upstreams: UpstreamDirectory { vault.upstreams }

    /// Which scopes can be granted.
    var scopePolicy: ScopePolicy { ScopePolicy(supported: configuration.scopes) }

    /// Derives and recognizes refresh tokens.
    var refreshTokenKey: RefreshTokenKey { RefreshTokenKey(secret: ownKeys.rootSecret) }

    /// Reads requests of clients and authenticates them.
    var clientRequests: ClientRequests {
        ClientRequests(authenticator: clients.authenticator, failures: failures)
    }

    // MARK: - Clients

    /// The clients of authorization requests.
    var clientResolver: any ClientResolver {
        guard let administration = stores.administration else { return documentResolver }
        return AdmittedClientResolver(resolver: documentResolver, blocks: administration.blocks)
    }

    private var documentResolver: MetadataDocumentClientResolver {
        MetadataDocumentClientResolver(
            registry: stores.clients,
            documents: clients.documents,
            admission: clients.admission,
            limiter: limiter,
            limits: configuration.documentFetchLimits,
            instruments: instruments
        )
    }

    /// A table of routes with these endpoints, below the issuer's path on the public listeners.
    ///
    /// Only requests of the public listeners are traced: probes and scrapes would be most of the spans.
    func routes(_ endpoints: [any Endpoint], issuerPath: String = "", isPublic: Bool = false) -> ServerRoutes {
        var routes = ServerRoutes(
            sources: SourceAddressResolver(trustedProxies: configuration.trustedProxies),
            timeSource: environment.timeSource,
            clock: environment.clock,
            instruments: instruments,
            tracer: isPublic ? environment.tracer : nil
        )
        for endpoint in endpoints { routes.mount(endpoint, issuerPath: issuerPath) }
        return routes
    }

    // MARK: - What several features use

    /// The metadata of a server that has the endpoints of these surfaces.
    func metadata(advertising surfaces: [Surface]) -> AuthorizationServerMetadata {
        var metadata = AuthorizationServerMetadata(issuer: configuration.issuer, scopes: configuration.scopes)
        metadata.grantTypes = GrantList.declarations(configuration).types
        metadata.authenticationMethods.append(.privateKeyJWT)
        if configuration.trustedIssuers.contains(where: { $0.identityAssertions != nil }) {
            metadata.grantProfiles = [AuthorizationServerMetadata.identityAssertionProfile]
        }
        metadata.assertionAlgorithms = ClientAssertion.algorithms.map(\.rawValue)
        metadata.proofAlgorithms = DPoPProof.algorithms.map(\.rawValue)
        metadata.endpoints = surfaces.compactMap { surface in
            surface.advertisement.map {
                .init(member: $0.member, path: surface.path, authentication: $0.authentication)
            }
        }
        metadata.protectedResources = resources.resources.filter { $0.pattern == nil }.map(\.uri)
        metadata.contextClasses = Set(configuration.resources.flatMap(\.authenticationContexts)).sorted()
        metadata.uiLocales = PageLanguage.tags
        metadata.allowsMetadataDocuments = configuration.registration.acceptsMetadataDocuments
        return metadata
    }

    /// Verifies access tokens wherever they are presented to us.
    var verification: AccessTokenVerification {
        AccessTokenVerification(
            issuer: configuration.issuer,
            keys: keys,
            sessions: stores.sessions,
            seen: seenTokens,
            origins: seals.origins
        )
    }
}
