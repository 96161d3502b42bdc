import Logging
import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
package import ServerConfiguration
package import SocketHTTP
import Synchronization
import UpstreamIdentity

/// A running authorization server: its stores, its listeners, and their maintenance.
package final class GatehouseServer: Sendable {
    /// The configuration it was started with; a reload changes only what is not in here for others to rely on.
    package let configuration: Configuration
    /// The public addresses, with the ports that the kernel chose.
    package let addresses: [SocketAddress]
    /// The address of health, metrics and administration; `nil` when that optional listener could not be bound.
    package let managementAddress: SocketAddress?
    /// The stores of the state.
    package let storage: any StateStorage
    /// The event loops, for tasks that belong to a connection.
    package let eventLoops: [EventLoop]

    /// What goes on besides requests, for tests that look at a shutdown.
    package let work: BackgroundWork

    private let environment: ServerEnvironment
    private let server: HTTPServer
    private let management: HTTPServer?
    private let maintenance: Maintenance
    private let ownKeys: ServerKeys
    private let readiness: Readiness
    /// Polls for events that wait, for tests that begin once one does.
    package let eventWaits: EventWaits
    private let eventPushes: EventPushes?
    private let reloading: ServerReload
    private let reloadTurns: SerialTurns
    private let tracer: Tracer?

    /// The published signing keys.
    package var keys: SigningKeyPublication { ownKeys.publication }
    /// The keys of the vault.
    package var vaultKeys: VaultKeys { ownKeys.vault }

    private init(
        configuration: Configuration,
        environment: ServerEnvironment,
        composition: ServerComposition,
        listeners: Listeners,
        maintenance: Maintenance
    ) {
        self.configuration = configuration
        self.environment = environment
        storage = composition.storage
        ownKeys = composition.keys
        readiness = composition.signals.readiness
        eventWaits = composition.signals.eventWaits
        eventPushes = composition.signals.eventPushes
        reloading = composition.reloading
        reloadTurns = SerialTurns(work: composition.duties.work)
        work = composition.duties.work
        tracer = composition.signals.tracer
        server = listeners.server
        management = listeners.management
        addresses = listeners.addresses
        managementAddress = listeners.managementAddress
        eventLoops = listeners.server.eventLoops
        self.maintenance = maintenance
    }

    /// Recovers the state, prepares the keys, and opens the listeners.
    ///
    /// - Throws: The error that prevents the start: storage that cannot be trusted, a misconfigured upstream, an
    ///   address that cannot be bound, a certificate that cannot be read.
    package static func start(
        _ configuration: Configuration,
        environment: ServerEnvironment
    ) async throws -> GatehouseServer {
        let composition = try await WaitingStart(configuration, environment).composition()
        let listeners: Listeners
        do {
            listeners = try await Listeners.open(configuration, composition, environment: environment)
        } catch {
            // The caller may end the process, or start another server on the same storage.
            composition.duties.work.close()
            await composition.duties.work.idle()
            throw error
        }
        let maintenance = Maintenance(
            storage: composition.storage,
            snapshots: SnapshotSchedule(
                interval: configuration.storage.snapshotInterval,
                requests: composition.signals.operations.snapshots
            ),
            keys: composition.keys,
            duties: composition.duties,
            timeSource: environment.timeSource,
            logger: environment.logger
        )
        if environment.maintainsOnTimer, let loop = listeners.server.eventLoops.first {
            maintenance.start(on: loop)
            composition.signals.tracer?.start { delay, action in loop.schedule(after: delay, action) }
            composition.signals.eventPushes?.start(on: loop)
        }
        if let loop = listeners.server.eventLoops.first { composition.signals.eventWaits.start(on: loop) }
        composition.signals.readiness.set(.ready)
        let server = GatehouseServer(
            configuration: configuration,
            environment: environment,
            composition: composition,
            listeners: listeners,
            maintenance: maintenance
        )
        composition.signals.operations.reloads.set { [weak server] actor in
            await server?.reload(by: actor) ?? ReloadOutcome(refusal: "the server is stopping")
        }
        return server
    }

    /// Stops accepting, lets requests in flight and background work end, writes a last snapshot, and closes the
    /// storage.
    ///
    /// - Parameters:
    ///   - gracePeriod: How long requests in flight may go on.
    ///   - settlePeriod: How long after that background work may go on, such as a refresh whose answer holds a user's
    ///     only good refresh token. When nothing is in progress, no time passes.
    package func shutdown(
        gracePeriod: Duration = .seconds(10),
        settlePeriod: Duration = .seconds(30)
    ) async {
        readiness.set(.draining)
        // Polls that wait would use up the grace period.
        eventWaits.close()
        eventPushes?.stop()
        await maintenance.stop()
        await server.drain(gracePeriod: gracePeriod)
        // Within the bound of the work that settles: a slow collector must not hold up the last snapshot.
        tracer?.sendRest()
        await settleWork(within: settlePeriod)
        // Probes and scrapes are answered until here. The management listener lives on the main server's loops, which
        // end with that server.
        await management?.shutdown(gracePeriod: .zero)
        await server.shutdown(gracePeriod: .zero)
        do {
            try await storage.writeSnapshot(now: environment.timeSource.now())
        } catch {
            environment.logger.warning("the last snapshot was not written", metadata: ["error": "\(error)"])
        }
        do {
            try await storage.close()
        } catch {
            environment.logger.error("the journal could not be closed", metadata: ["error": "\(error)"])
        }
    }

    // Before the loops end, whose timer bounds it.
    private func settleWork(within period: Duration) async {
        let leftCount = await work.settle(within: period) { [eventLoops] delay, action in
            eventLoops.first?.schedule(after: delay, action)
        }
        if leftCount > 0 {
            environment.logger.error(
                "background work did not end in time; what providers answer to it is lost",
                metadata: ["tasks": "\(leftCount)"]
            )
        }
        maintenance.abandon()
    }

    /// Reads certificates, keys, secrets and the configuration anew, as SIGHUP asks.
    ///
    /// The configuration is taken in one step or not at all. Callers take turns; the files are read off the event
    /// loops.
    @discardableResult
    package func reload(by actor: String = "signal") async -> ReloadOutcome {
        let outcome = Mutex(ReloadOutcome(refusal: "the server is stopping"))
        await reloadTurns.run { [self] in
            await reloadFiles()
            let made = await reloadConfiguration()
            // Also without a change of the configuration: its secrets and certificates were read again.
            reloading.audit.record(
                made.refusal == nil
                    ? .reloaded(made.changed, by: actor) : .reloadRefused(made.needRestart, by: actor),
                now: environment.timeSource.now()
            )
            outcome.withLock { $0 = made }
        }
        return outcome.withLock { $0 }
    }

    private func reloadConfiguration() async -> ReloadOutcome {
        guard let readConfiguration = environment.readConfiguration else {
            reloadSecrets()
            return ReloadOutcome()
        }
        do {
            let changed = try await reloading.adopt(try readConfiguration(), now: environment.timeSource.now())
            environment.logger.notice(
                "the configuration was reloaded",
                metadata: ["changed": "\(changed.joined(separator: ", "))"]
            )
            return ReloadOutcome(changed: changed)
        } catch let refusal as ServerReload.Refusal {
            environment.logger.error("the configuration was not reloaded", metadata: ["error": "\(refusal.reason)"])
            // The places of the secrets that are in use are still valid.
            reloadSecrets()
            return ReloadOutcome(refusal: refusal.reason, needRestart: refusal.needRestart)
        } catch {
            environment.logger.error("the configuration was not reloaded", metadata: ["error": "\(error)"])
            reloadSecrets()
            return ReloadOutcome(refusal: "\(error)")
        }
    }

    private func reloadFiles() async {
        do {
            try server.reloadTLS()
            try management?.reloadTLS()
            environment.logger.notice("certificates were reloaded")
        } catch {
            environment.logger.error(
                "certificates were not reloaded; the old ones remain in use",
                metadata: ["error": "\(error)"]
            )
        }
        do {
            try await ownKeys.rotation.adoptFiles(now: environment.timeSource.now())
        } catch {
            environment.logger.error(
                "signing keys were not reloaded; the old ones remain in use",
                metadata: ["error": "\(error)"]
            )
        }
    }

    private func reloadSecrets() {
        guard let readSecrets = environment.readSecrets else { return }
        do {
            try reloading.secrets.adopt(try readSecrets(), reloading.upstreams)
            environment.logger.notice("secrets were reloaded")
        } catch {
            environment.logger.error(
                "secrets were not reloaded; the old ones remain in use",
                metadata: ["error": "\(error)"]
            )
        }
    }

    /// Returns when the keys that are created after the start are published, for tests that look at the key set.
    package func keysPublished() async {
        await ownKeys.idTokens.settled()
    }

    /// Runs what is due at the time source's current time, for tests that move it.
    package func performMaintenance() async {
        await maintenance.performDue()
        await eventPushes?.performDue()
        await tracer?.flush()
    }
}
