import Logging
import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
package import ServerConfiguration
package import SocketHTTP
import UpstreamIdentity

/// A running authorization server: its stores, its listeners, and what keeps them in order.
package final class GatehouseServer: Sendable {
    /// The configuration it runs with.
    package let configuration: Configuration
    /// Where clients reach it, with the ports that the kernel chose.
    package let addresses: [SocketAddress]
    /// Where health, metrics and administration answer; `nil` when that listener could not be bound and need not be.
    package let managementAddress: SocketAddress?
    /// Where the state is kept.
    package let storage: any StateStorage
    /// The published signing keys.
    package let keys: SigningKeyPublication
    /// The event loops, for tasks that belong to a connection.
    package let eventLoops: [EventLoop]

    private let environment: ServerEnvironment
    private let server: HTTPServer
    private let management: HTTPServer?
    private let maintenance: Maintenance
    private let rotation: SigningKeyRotation
    private let readiness: Readiness
    private let idTokenKeys: IDTokenKeys

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
        keys = composition.keys
        rotation = composition.rotation
        readiness = composition.readiness
        idTokenKeys = composition.idTokenKeys
        server = listeners.server
        management = listeners.management
        addresses = listeners.addresses
        managementAddress = listeners.managementAddress
        eventLoops = listeners.server.eventLoops
        self.maintenance = maintenance
    }

    /// Recovers the state, prepares the keys, and opens the listeners.
    ///
    /// - Throws: What stops the start: storage that cannot be trusted, an upstream that is misconfigured, an address that
    ///   cannot be bound, a certificate that cannot be read.
    package static func start(
        _ configuration: Configuration,
        environment: ServerEnvironment
    ) async throws -> GatehouseServer {
        let composition = try await ServerComposition.make(configuration, environment: environment)
        let listeners: Listeners
        do {
            listeners = try await Listeners.open(configuration, composition, environment: environment)
        } catch {
            // Whoever starts us may end the process, or start another server on the same storage.
            await composition.idTokenKeys.settled()
            throw error
        }
        let maintenance = Maintenance(
            storage: composition.storage,
            snapshotInterval: configuration.storage.snapshotInterval,
            rotation: composition.rotation,
            backgroundRefresh: composition.backgroundRefresh,
            upstreamDuties: composition.upstreamDuties,
            timeSource: environment.timeSource,
            logger: environment.logger
        )
        if let loop = listeners.server.eventLoops.first {
            maintenance.start(on: loop)
        }
        composition.readiness.set(.ready)
        return GatehouseServer(
            configuration: configuration,
            environment: environment,
            composition: composition,
            listeners: listeners,
            maintenance: maintenance
        )
    }

    /// Stops accepting, lets requests in flight end, writes a last snapshot, and closes the storage.
    package func shutdown(gracePeriod: Duration = .seconds(10)) async {
        readiness.set(.draining)
        await maintenance.stop()
        // A key that is being made is stored before the storage closes.
        await idTokenKeys.settled()
        await server.drain(gracePeriod: gracePeriod)
        // Probes and scrapes are answered until here. The management listener lives on the main server's loops, which end
        // with that server.
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

    /// Reads certificates and keys anew, as SIGHUP asks.
    package func reload() async {
        do {
            try server.reloadTLS()
            environment.logger.notice("certificates were reloaded")
        } catch {
            environment.logger.error(
                "certificates were not reloaded; the old ones remain in use",
                metadata: ["error": "\(error)"]
            )
        }
        do {
            try await rotation.adoptFiles(now: environment.timeSource.now())
        } catch {
            environment.logger.error(
                "signing keys were not reloaded; the old ones remain in use",
                metadata: ["error": "\(error)"]
            )
        }
    }

    /// Returns when the keys that are made after the start are published, for tests that look at the key set.
    package func keysPublished() async {
        await idTokenKeys.settled()
    }

    /// Runs what is due at the present time of the time source, for tests that move it.
    package func performMaintenance() async {
        await maintenance.performDue()
    }
}
