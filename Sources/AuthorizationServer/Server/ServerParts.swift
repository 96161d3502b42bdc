import CoreMetrics
import HTTPTypes
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP
import UpstreamIdentity

/// The parts that endpoints share, created once per server.
struct ServerParts {
    let configuration: Configuration
    let environment: ServerEnvironment
    let stores: Stores
    let keys: SigningKeyPublication
    let idTokenKeys: IDTokenKeys
    let resources: ResourceCatalogue
    let scopePolicy: ScopePolicy
    let upstreams: UpstreamDirectory
    let registry = PrometheusRegistry()
    let metrics: ServerMetrics
    let audit: AuditTrail
    let work: BackgroundWork
    let limiter: SourceLimiter
    let guessLimiter: GuessLimiter
    let guesses: GuessLimit
    let refreshTokenKey: RefreshTokenKey
    let vaultKeys: VaultKeys
    let sealing: TokenSealing
    let tickets: ConsentTicketSealing
    let logins: LoginSealing
    let seenTokens = SeenAccessTokens()
    let clientKeySets: RemoteKeySets
    let trustedIssuers: TrustedIssuers
    let secrets: OperatorSecrets
    let authenticator: ClientAuthenticator
    let documents: MetadataDocumentCache
    let documentAdmission: MetadataDocumentAdmission
    /// The only place that refreshes, so that no two parts refresh a connection at once.
    let refreshes: UpstreamRefreshes
    let pageSealing: PageSealing
    let pushedRequests: PushedRequestSealing
    let sessionOrigins: SessionOrigins
    let connectionEnding: ConnectionEnding
    let providerRevocations: ProviderRevocations
    let lastSessions: LastSessions
    let vaultKeyRotation: VaultKeyRotation

    init(
        _ configuration: Configuration,
        environment: ServerEnvironment,
        stores: Stores,
        keys: SigningKeyPublication,
        audit: AuditTrail,
        work: BackgroundWork,
        idTokenKeys: IDTokenKeys,
        rootSecret: [UInt8]
    ) async throws {
        self.configuration = configuration
        self.environment = environment
        self.stores = stores
        self.keys = keys
        self.idTokenKeys = idTokenKeys
        secrets = OperatorSecrets(configuration)
        resources = configuration.resourceCatalogue
        scopePolicy = ScopePolicy(supported: configuration.scopes)
        metrics = ServerMetrics(factory: registry)
        self.audit = audit
        self.work = work
        limiter = SourceLimiter(
            rates: [
                .registration: configuration.limits.registrationsPerSource,
                .failure: configuration.limits.failuresPerSource,
                .authorization: configuration.limits.authorizationsPerSource,
                .metadataFetch: configuration.documentFetchLimits.perSource,
            ]
        )
        guessLimiter = GuessLimiter(rate: configuration.limits.failuresPerSource)
        guesses = GuessLimit(limiter: guessLimiter, metrics: metrics, audit: audit)
        refreshTokenKey = RefreshTokenKey(secret: rootSecret)
        vaultKeys = try VaultKeys(rootSecret: rootSecret, secrets: await stores.keys.generation().vaultKeys)
        sealing = TokenSealing(keys: vaultKeys, random: environment.random)
        upstreams = try await UpstreamAssembly(
            configuration: configuration,
            environment: environment,
            registrations: stores.vault,
            upkeep: stores.upkeep,
            sealing: sealing,
            audit: audit,
            work: work
        ).directory()
        tickets = try ConsentTicketSealing(secret: rootSecret, random: environment.random)
        logins = try LoginSealing(secret: rootSecret, random: environment.random)
        documentAdmission = MetadataDocumentAdmission(
            issuer: configuration.issuer,
            ports: Set(configuration.listen.map(\.address.port)),
            settings: configuration.registration
        )
        documents = MetadataDocumentCache(
            fetch: MetadataDocumentFetch(
                transport: environment.documentTransport ?? environment.transport,
                policy: configuration.metadataDocumentPolicy,
                allowsLoopback: documentAdmission.allowsLoopback,
                byteCountMax: configuration.registration.metadataDocumentBytesMax,
                limits: configuration.documentFetchLimits
            ),
            timeSource: environment.timeSource,
            limits: configuration.documentCacheLimits,
            work: work
        )
        clientKeySets = RemoteKeySets(
            transport: environment.documentTransport ?? environment.transport,
            // LF-8: fetching from loopback is allowed only while the server itself is there.
            addressPolicy: configuration.issuer.isLoopback ? .loopbackAllowed : .publicOnly,
            limiter: limiter,
            limits: configuration.documentFetchLimits,
            timeSource: environment.timeSource,
            work: work,
            logger: environment.logger
        )
        trustedIssuers = TrustedIssuers(
            configuration,
            environment: environment,
            replay: stores.replay,
            guesses: guesses
        )
        authenticator = ClientAuthenticator(
            clients: KnownClients(
                registry: stores.admittedClients,
                documents: documents,
                admission: documentAdmission,
                work: work
            ),
            assertions: ClientAssertionVerifier(
                issuer: configuration.issuer,
                keys: ClientKeys(remote: clientKeySets),
                replay: stores.replay,
                guesses: guesses,
                logger: environment.logger
            ),
            operatorSecrets: secrets.clients,
            guesses: guesses
        )
        refreshes = UpstreamRefreshes(
            store: stores.vault,
            holder: LeaseHolder(random: environment.random),
            sealing: sealing,
            timeSource: environment.timeSource,
            metrics: metrics,
            audit: audit,
            work: work,
            logger: environment.logger
        )
        pageSealing = try PageSealing(secret: rootSecret, random: environment.random)
        pushedRequests = try PushedRequestSealing(secret: rootSecret, random: environment.random)
        sessionOrigins = try SessionOrigins(secret: rootSecret, random: environment.random)
        connectionEnding = ConnectionEnding(
            vault: stores.vault,
            upstreams: upstreams,
            sealing: sealing,
            logger: environment.logger
        )
        vaultKeyRotation = VaultKeyRotation(
            secrets: stores.keys,
            keys: vaultKeys,
            sealing: sealing,
            vault: stores.vault,
            random: environment.random,
            logger: environment.logger
        )
        providerRevocations = ProviderRevocations(ending: connectionEnding, metrics: metrics, audit: audit)
        lastSessions = LastSessions(
            sessions: stores.sessions,
            vault: stores.vault,
            resources: resources,
            upstreams: Set(configuration.upstreams.filter(\.revokesWithLastSession).map(\.name)),
            revocations: providerRevocations
        )
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
            documents: documents,
            admission: documentAdmission,
            limiter: limiter,
            limits: configuration.documentFetchLimits,
            metrics: metrics,
            audit: audit
        )
    }

    /// A table of routes with these endpoints, below the issuer's path on the public listeners.
    func routes(_ endpoints: [any Endpoint], issuerPath: String = "") -> ServerRoutes {
        var routes = ServerRoutes(
            sources: SourceAddressResolver(trustedProxies: configuration.trustedProxies),
            timeSource: environment.timeSource,
            clock: environment.clock,
            metrics: metrics,
            audit: audit,
            logger: environment.logger
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
        metadata.endpoints = surfaces.compactMap { surface in
            surface.advertisement.map {
                .init(member: $0.member, path: surface.path, authentication: $0.authentication)
            }
        }
        metadata.contextClasses = Set(configuration.resources.flatMap(\.authenticationContexts)).sorted()
        metadata.allowsMetadataDocuments = configuration.registration.acceptsMetadataDocuments
        return metadata
    }

    /// Counts guesses.
    var failures: FailureLimit { FailureLimit(limiter: limiter, metrics: metrics) }

    /// Verifies access tokens wherever they are presented to us.
    var verification: AccessTokenVerification {
        AccessTokenVerification(
            issuer: configuration.issuer,
            keys: keys,
            sessions: stores.sessions,
            seen: seenTokens,
            origins: sessionOrigins
        )
    }
}
