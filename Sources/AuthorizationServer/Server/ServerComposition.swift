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
    let keys: ServerKeys
    let duties: ProviderDuties
    let responders: Responders
    let reloading: ServerReload
    let signals: Signals

    /// What answers on the listeners.
    struct Responders {
        let `public`: any RequestResponder
        let management: any RequestResponder
    }

    /// What the running server tells its management endpoints.
    struct Signals: Sendable {
        /// Makes spans; `nil` without `tracing`.
        let tracer: Tracer?
        let readiness = Readiness()
        let counters = ServerCountersSource()
        let operations = OperatorRequests()
        let eventWaits: EventWaits
        let eventPushes: EventPushes?
    }

    /// Rebuilds the state and wires the parts.
    static func make(
        _ configuration: Configuration,
        environment given: ServerEnvironment,
        work: BackgroundWork = BackgroundWork()
    ) async throws -> ServerComposition {
        var environment = given
        environment.adoptTracing(configuration, work: work)
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
        try await endAgain(environment.endedSessions, storage.stores.sessions, environment.logger)
        let audit = AuditTrail(sink: environment.auditSink)
        let keys = try await ServerKeys.prepare(
            configuration,
            environment,
            store: storage.stores.keys,
            audit: audit,
            work: work
        )
        let parts = try await ServerParts(
            configuration,
            environment: environment,
            stores: storage.stores,
            keys: keys,
            audit: audit,
            work: work
        )
        keys.follower.follow()
        let names = parts.upstreamNames
        try await names.adopt()
        _ = work.start(.isCancelled) { await names.reportUnknown() }
        return composed(parts, storage)
    }

    private static func composed(_ parts: ServerParts, _ storage: any StateStorage) -> ServerComposition {
        let signals = Signals(
            tracer: parts.environment.tracer,
            eventWaits: parts.eventWaits,
            eventPushes: parts.eventPushes
        )
        let reloading = ServerReload(parts) { parts in
            let management = ManagementFeature(
                parts,
                readiness: signals.readiness,
                serverCounters: signals.counters,
                rotation: parts.ownKeys.rotation,
                operations: signals.operations
            )
            let issuerPath = parts.configuration.issuer.path
            return ServerReload.Tables(
                publicRequests: parts.routes(publicEndpoints(parts), issuerPath: issuerPath, isPublic: true).responder,
                managementRequests: parts.routes(management.endpoints).responder
            )
        }
        return ServerComposition(
            storage: storage,
            keys: parts.ownKeys,
            duties: parts.providerDuties,
            responders: Responders(public: reloading.publicRequests, management: reloading.managementRequests),
            reloading: reloading,
            signals: signals
        )
    }

    /// The endpoints for clients, browsers, resource servers and providers.
    private static func publicEndpoints(_ parts: ServerParts) -> [any Endpoint] {
        let features: [any Feature] = [
            BrowserFeature(parts), TokenFeature(parts), RegistrationFeature(parts), AgentFeature(parts),
            VaultFeature(parts), SignalFeature(parts),
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
