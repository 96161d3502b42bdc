import OAuthProtocol
import OAuthState
import OutboundHTTP
import ServerConfiguration
import SocketHTTP

/// What knows clients: the registry, metadata documents, and their keys.
struct ClientParts: Sendable {
    /// Fetched metadata documents.
    let documents: MetadataDocumentCache
    /// Whose documents are accepted.
    let admission: MetadataDocumentAdmission
    /// Fetched key sets.
    let keySets: RemoteKeySets
    /// Authenticates clients.
    private(set) var authenticator: ClientAuthenticator

    init(
        _ configuration: Configuration,
        _ environment: ServerEnvironment,
        stores: Stores,
        limits: LimitParts,
        secrets: OperatorSecrets,
        work: BackgroundWork
    ) {
        var fetchLimits = configuration.documentFetchLimits
        fetchLimits.share = limits.share
        var cacheLimits = configuration.documentCacheLimits
        cacheLimits.fetches = fetchLimits
        let transport = environment.documentTransport ?? environment.transport
        admission = MetadataDocumentAdmission(
            issuer: configuration.issuer,
            ports: Set(configuration.listen.map(\.address.port)),
            settings: configuration.registration
        )
        documents = MetadataDocumentCache(
            fetch: MetadataDocumentFetch(
                transport: transport,
                policy: configuration.metadataDocumentPolicy,
                allowsLoopback: admission.allowsLoopback,
                byteCountMax: configuration.registration.metadataDocumentBytesMax,
                limits: fetchLimits
            ),
            timeSource: environment.timeSource,
            limits: cacheLimits,
            work: work
        )
        keySets = RemoteKeySets(
            transport: transport,
            // LF-8: fetching from loopback is allowed only while the server itself is there.
            addressPolicy: configuration.issuer.isLoopback ? .loopbackAllowed : .publicOnly,
            limiter: limits.sources,
            limits: fetchLimits,
            timeSource: environment.timeSource,
            work: work,
            logger: environment.logger
        )
        authenticator = ClientAuthenticator(
            clients: Self.clients(stores, documents, admission, work),
            assertions: ClientAssertionVerifier(
                issuer: configuration.issuer,
                keys: ClientKeys(remote: keySets),
                replay: stores.replay,
                guesses: limits.guesses,
                logger: environment.logger
            ),
            operatorSecrets: secrets.clients,
            guesses: limits.guesses
        )
    }
    /// The same with another view of the registry and other secrets, after a reload.
    func replacing(stores: Stores, secrets: OperatorSecrets, work: BackgroundWork) -> ClientParts {
        var parts = self
        parts.authenticator = authenticator.replacing(
            clients: Self.clients(stores, documents, admission, work),
            operatorSecrets: secrets.clients
        )
        return parts
    }

    private static func clients(
        _ stores: Stores,
        _ documents: MetadataDocumentCache,
        _ admission: MetadataDocumentAdmission,
        _ work: BackgroundWork
    ) -> AdmittedClients {
        var clients = stores.admittedClients
        clients.renewal = DocumentRenewal(
            registry: stores.clients,
            documents: documents,
            admission: admission,
            work: work
        )
        return clients
    }
}
