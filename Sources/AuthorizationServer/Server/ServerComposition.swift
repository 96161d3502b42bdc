import CoreMetrics
import HTTPTypes
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP
import UpstreamIdentity

/// The composition root: every part is made here once and gets what it needs.
///
/// A new grant is one line here.
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
    let readiness: Readiness
    let serverCounters: ServerCountersSource

    /// Rebuilds the state and wires the parts.
    static func make(
        _ configuration: Configuration,
        environment: ServerEnvironment
    ) async throws -> ServerComposition {
        let now = environment.timeSource.now()
        let settings = configuration.storeSettings(limits: environment.storeLimits, now: now)
        let storage = try await environment.state(settings)
        let stores = storage.stores
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
        let readiness = Readiness()
        let serverCounters = ServerCountersSource()
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
            responder: parts.publicRoutes().responder,
            managementResponder: parts.managementRoutes(
                readiness: readiness,
                serverCounters: serverCounters,
                rotation: rotation
            ).responder,
            readiness: readiness,
            serverCounters: serverCounters
        )
    }
}
