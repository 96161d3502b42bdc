import AuthorizationServer
import DurableLog
public import Logging
public import ServiceLifecycle
import SocketHTTP

/// The production server as a service of a Swift program: what `gatehouse serve` runs, without a command line.
///
/// It writes the audit trail to `audit.log` in `storage.directory`, or to standard output without one, and ignores
/// SIGPIPE and SIGXFSZ for the whole process, because a reader that ends and a full disk must not end the server. Other
/// signals belong to the program: a `ServiceGroup` turns them into a graceful shutdown.
public struct GatehouseService: Service {
    /// Where a running server listens.
    public struct Addresses: Sendable, Hashable {
        /// Of the listeners, in the order of the configuration, such as `127.0.0.1:8080`.
        public let listeners: [String]
        /// Of the management listener; `nil` when it is off.
        public let management: String?
    }

    private let configuration: GatehouseConfiguration
    private let logger: Logger
    private let ready: @Sendable (Addresses) -> Void

    /// A service that has not started.
    ///
    /// - Parameters:
    ///   - configuration: What to serve.
    ///   - logger: Where the server writes its log; no line has a token, a code or a secret.
    ///   - ready: Called once, when the listeners accept connections.
    public init(
        configuration: GatehouseConfiguration,
        logger: Logger = Logger(label: "gatehouse"),
        onReady ready: @escaping @Sendable (Addresses) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.ready = ready
    }

    /// Serves until the service group shuts down gracefully or the task is cancelled; then finishes the requests in
    /// flight, writes a last snapshot and closes the storage.
    ///
    /// - Throws: ``GatehouseStartError`` when the server cannot start.
    public func run() async throws {
        do {
            let host = try ServerHost(configuration.loaded.configuration, logger: logger)
            do {
                try await serve(on: host)
            } catch {
                await host.close()
                throw error
            }
            await host.close()
        } catch {
            throw GatehouseStartError(description: "\(error)")
        }
    }

    private func serve(on host: ServerHost) async throws {
        for warning in configuration.warnings {
            logger.warning("the configuration permits what may not be intended", metadata: ["detail": "\(warning)"])
        }
        let environment = try host.environment()
        let server = try await GatehouseServer.start(host.configuration, environment: environment)
        let resumption = ResumptionWatch(journal: environment.storage?.journal, logger: logger)
        ready(
            Addresses(
                listeners: server.addresses.map(\.description),
                management: server.managementAddress?.description
            )
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await resumption.watch() }
            group.addTask {
                // Cancellation ends the service like a shutdown.
                do { try await gracefulShutdown() } catch { return }
            }
            await group.next()
            group.cancelAll()
        }
        await server.shutdown()
    }
}

/// Why a server did not start.
public struct GatehouseStartError: Error, CustomStringConvertible {
    /// What is wrong, and what to do.
    public let description: String
}
