import CoreMetrics
import DurableLog
import HTTPTypes
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP
import UpstreamIdentity

/// The composition root: the parts are made once, and the features mount themselves.
struct ServerComposition {
    let storage: any StateStorage
    let keys: SigningKeyPublication
    let vaultKeys: VaultKeys
    let idTokenKeys: IDTokenKeys
    let keyFollower: KeyFollower
    let work: BackgroundWork
    let rotation: SigningKeyRotation
    let backgroundRefresh: BackgroundRefresh
    let upstreamDuties: UpstreamDuties
    let responder: any RequestResponder
    let managementResponder: any RequestResponder
    let secrets: OperatorSecrets
    let upstreams: UpstreamDirectory
    let readiness: Readiness
    let serverCounters: ServerCountersSource

    /// Rebuilds the state and wires the parts.
    static func make(
        _ configuration: Configuration,
        environment: ServerEnvironment
    ) async throws -> ServerComposition {
        let now = environment.timeSource.now()
        if let storage = environment.storage, storage.recovery.hasLoss {
            // The next start must know it, too.
            try storage.markRestored(seconds: now.secondsSinceEpoch)
        }
        let settings = configuration.storeSettings(
            limits: environment.storeLimits,
            recovery: environment.storage?.recovery,
            now: now
        )
        let storage = try await environment.state(settings)
        let stores = storage.stores
        try await endAgain(environment.endedSessions, stores.sessions, environment.logger)
        let audit = AuditTrail(sink: environment.auditSink)
        var rotation = SigningKeyRotation(
            store: stores.keys,
            configuration: configuration,
            readFile: environment.readFile,
            audit: audit,
            makeKey: environment.makeKey,
            logger: environment.logger
        )
        let keys = try await rotation.prepare(now: now)
        let work = BackgroundWork()
        let idTokenKeys = IDTokenKeys(
            isNeeded: configuration.issuesIDTokens,
            published: keys,
            rotation: rotation,
            work: work,
            logger: environment.logger
        )
        idTokenKeys.prepare(now: now)
        let rootSecret = try await stores.keys.serverSecret(candidate: environment.random.bytes(32)).outcome
        let parts = try await ServerParts(
            configuration,
            environment: environment,
            stores: stores,
            keys: keys,
            audit: audit,
            work: work,
            idTokenKeys: idTokenKeys,
            rootSecret: rootSecret
        )
        let keyFollower = KeyFollower(
            feed: stores.keys,
            signingKeys: keys,
            vaultKeys: parts.vaultKeys,
            work: work,
            logger: environment.logger
        )
        keyFollower.follow()
        let names = parts.upstreamNames
        try await names.adopt()
        _ = work.start(.isCancelled) { await names.reportUnknown() }
        let readiness = Readiness()
        let serverCounters = ServerCountersSource()
        let management = ManagementFeature(
            parts,
            readiness: readiness,
            serverCounters: serverCounters,
            rotation: rotation
        )
        return ServerComposition(
            storage: storage,
            keys: keys,
            vaultKeys: parts.vaultKeys,
            idTokenKeys: idTokenKeys,
            keyFollower: keyFollower,
            work: work,
            rotation: rotation,
            backgroundRefresh: parts.backgroundRefresh,
            upstreamDuties: parts.upstreamDuties,
            responder: parts.routes(publicEndpoints(parts), issuerPath: configuration.issuer.path).responder,
            managementResponder: parts.routes(management.endpoints).responder,
            secrets: parts.secrets,
            upstreams: parts.upstreams,
            readiness: readiness,
            serverCounters: serverCounters
        )
    }

    /// The endpoints for clients, browsers, resource servers and providers.
    private static func publicEndpoints(_ parts: ServerParts) -> [any Endpoint] {
        let features: [any Feature] = [
            BrowserFeature(parts), TokenFeature(parts), RegistrationFeature(parts), AgentFeature(parts),
            VaultFeature(parts),
        ]
        let endpoints = features.flatMap(\.endpoints)
        return endpoints + DiscoveryFeature(parts, describing: endpoints).endpoints
    }

    /// Ends what had ended before: seals show that files are genuine, not that they are the newest.
    private static func endAgain(
        _ ended: Set<SessionID>,
        _ sessions: any SessionStore,
        _ logger: Logger
    ) async throws {
        guard !ended.isEmpty else { return }
        let count = try await sessions.end(SessionEnding(sessions: ended)).outcome
        guard count > 0 else { return }
        logger.critical(
            """
            the state is older than the audit trail, as if its files had been put back: sessions that had ended were \
            alive and were ended again; if you restored the files, run `gatehouse snapshot mark-restored`, otherwise \
            find out who changed them
            """,
            metadata: ["sessions": "\(count)"]
        )
    }
}
