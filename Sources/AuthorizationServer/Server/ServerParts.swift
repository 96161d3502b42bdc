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
    let refreshTokenKey: RefreshTokenKey
    let vaultKeys: VaultKeys
    let sealing: TokenSealing
    let tickets: ConsentTicketSealing
    let logins: LoginSealing
    let seenTokens = SeenAccessTokens()
    let clientKeySets: RemoteKeySets
    let authenticator: ClientAuthenticator
    let documents: MetadataDocumentCache
    let documentAdmission: MetadataDocumentAdmission
    /// The only place that refreshes, so that no two parts refresh a connection at once.
    let refreshes: UpstreamRefreshes
    let pageSealing: PageSealing
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
                .metadataFetch: MetadataDocumentClientResolver.fetchesPerSource,
            ]
        )
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
                transport: environment.transport,
                policy: configuration.metadataDocumentPolicy,
                allowsLoopback: documentAdmission.allowsLoopback,
                byteCountMax: configuration.registration.metadataDocumentBytesMax
            ),
            timeSource: environment.timeSource,
            work: work
        )
        clientKeySets = RemoteKeySets(
            transport: environment.transport,
            // LF-8: fetching from loopback is allowed only while the server itself is there.
            addressPolicy: configuration.issuer.isLoopback ? .loopbackAllowed : .publicOnly,
            limiter: limiter,
            timeSource: environment.timeSource,
            work: work,
            logger: environment.logger
        )
        authenticator = ClientAuthenticator(
            clients: KnownClients(
                registry: stores.clients,
                documents: documents,
                admission: documentAdmission,
                work: work
            ),
            assertions: ClientAssertionVerifier(
                issuer: configuration.issuer,
                keys: ClientKeys(remote: clientKeySets),
                replay: stores.replay,
                logger: environment.logger
            )
        )
        refreshes = UpstreamRefreshes(
            store: stores.vault,
            holder: LeaseHolder(random: environment.random),
            sealing: sealing,
            timeSource: environment.timeSource,
            metrics: metrics,
            work: work,
            logger: environment.logger
        )
        pageSealing = try PageSealing(secret: rootSecret, random: environment.random)
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
    var clientResolver: MetadataDocumentClientResolver {
        MetadataDocumentClientResolver(
            registry: stores.clients,
            documents: documents,
            admission: documentAdmission,
            limiter: limiter,
            metrics: metrics,
            audit: audit
        )
    }

    func routes() -> ServerRoutes {
        ServerRoutes(
            sources: SourceAddressResolver(trustedProxies: configuration.trustedProxies),
            timeSource: environment.timeSource,
            clock: environment.clock,
            metrics: metrics,
            audit: audit,
            logger: environment.logger
        )
    }

    // MARK: - Metadata

    var metadata: AuthorizationServerMetadata {
        var metadata = AuthorizationServerMetadata(issuer: configuration.issuer, scopes: configuration.scopes)
        metadata.grantTypes = grants.map(\.grantType)
        metadata.authenticationMethods.append(.privateKeyJWT)
        metadata.assertionAlgorithms = ClientAssertion.algorithms.map(\.rawValue)
        metadata.allowsRegistration = configuration.registration.isDynamic
        metadata.allowsRevocation = true
        // Without a resource server that has credentials, no caller could use it.
        metadata.allowsIntrospection = configuration.resources.contains { $0.clientID != nil }
        metadata.issuesIDTokens = configuration.issuesIDTokens
        metadata.allowsMetadataDocuments = configuration.registration.acceptsMetadataDocuments
        return metadata
    }

    // MARK: - Token endpoint

    var grants: [any Grant] {
        let accessTokens = AccessTokenIssuer(
            issuer: configuration.issuer,
            keys: keys,
            random: environment.random,
            lifetime: configuration.tokens.accessTokenLifetime,
            seen: seenTokens
        )
        let responses = SessionTokenResponder(
            accessTokens: accessTokens,
            idTokens: IDTokenIssuer(
                issuer: configuration.issuer,
                keys: idTokenKeys,
                lifetime: configuration.tokens.accessTokenLifetime
            ),
            refreshTokenKey: refreshTokenKey
        )
        return [
            AuthorizationCodeGrant(
                sessions: stores.sessions,
                clients: stores.clients,
                resources: resources,
                responses: responses,
                audit: audit
            ),
            RefreshTokenGrant(
                sessions: stores.sessions,
                clients: stores.clients,
                conditions: upstreams.refreshConditions(for: resources),
                resources: resources,
                key: refreshTokenKey,
                responses: responses,
                endings: UpstreamEndings(connections: stores.vault, metrics: metrics),
                audit: audit
            ),
            ClientCredentialsGrant(
                resources: resources,
                scopePolicy: scopePolicy,
                accessTokens: accessTokens,
                audit: audit
            ),
            TokenExchangeGrant(subjects: exchangeSubjects, vending: vending, audit: audit),
        ]
    }

    /// Verifies access tokens wherever they are presented to us.
    var verification: AccessTokenVerification {
        AccessTokenVerification(
            issuer: configuration.issuer,
            keys: keys,
            sessions: stores.sessions,
            seen: seenTokens
        )
    }
}
