import ArgumentParser
import AuthorizationServer
import DurableLog
import FoundationEssentials
import Foundations
import GatehouseHosting
import Logging
import OAuthProtocol
import ServerConfiguration
import ServiceLifecycle
import SocketHTTP
import UnixSignals

/// `gatehouse serve`: serves a configuration until it is stopped.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a configuration until SIGTERM or SIGINT; SIGHUP reads its files again.",
        discussion: """
            Prints one line with the base URL when it is ready. The log goes to standard error as JSON lines; the audit
            trail to audit.log in the storage directory, or to standard output without one.
            """
    )

    @Option(name: .long, help: "The path of the YAML file.")
    var config: String

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: LogLevel = .info

    @Option(
        name: .long,
        help: """
            The name of a damaged storage file whose contents you give up; the server then starts without them. \
            May be repeated.
            """
    )
    var acceptLoss: [String] = []

    @Flag(
        name: .long,
        help: "Permit core dumps and debuggers, which see keys and tokens; without it the kernel refuses both."
    )
    var allowDumps = false

    func run() async throws {
        // Before the first secret is read.
        let isProtected = allowDumps || ProcessSecrecy.forbidDumps()
        let loaded = try load()
        do {
            let host = try ServerHost(
                loaded.configuration,
                logLevel: logLevel.level,
                // A path is accepted in place of the file's name, because operators have paths.
                acceptedLosses: Set(acceptLoss.compactMap { $0.split(separator: "/").last.map(String.init) })
            )
            if !isProtected { host.logger.warning("the kernel did not forbid core dumps, which contain secrets") }
            for warning in loaded.hostWarnings {
                host.logger.warning(
                    "the configuration permits what may not be intended",
                    metadata: ["key": "\(warning.path)", "detail": "\(warning.message)"]
                )
            }
            do {
                try await serve(loaded, on: host)
            } catch {
                // The log's reason must be written before the process ends.
                await host.close()
                throw error
            }
            await host.close()
        } catch {
            Console.writeError("gatehouse cannot start: \(error)")
            throw ExitCode.failure
        }
    }

    private static var serviceManager: ServiceManager? {
        ServiceManager(
            processID: ProcessInfo.processInfo.processIdentifier,
            variable: EnvironmentVariable.value
        )
    }

    // In addition to clients: upstream connections, storage, log and the loops' own descriptors.
    private static func raiseDescriptorLimit(_ configuration: Configuration, _ logger: Logger) {
        let needed = configuration.limits.connections + 1024
        let limit = DescriptorLimit.raise(to: needed)
        guard limit < needed else { return }
        logger.warning(
            "the limit of open files is lower than limits.connections needs",
            metadata: ["limit": "\(limit)", "needed": "\(needed)"]
        )
    }

    private func serve(_ source: ConfigurationLoader.Loaded, on host: ServerHost) async throws {
        let loaded = source.configuration
        host.logger.notice("gatehouse starts", metadata: StartSummary(loaded, file: config).metadata)
        Self.raiseDescriptorLimit(loaded, host.logger)
        var environment = try host.environment()
        environment.readSecrets = {
            try SecretResolution(environment: ProcessInfo.processInfo.environment).resolve(source.unresolved)
        }
        environment.readConfiguration = { [config] in
            do throws(ConfigurationErrors) {
                return try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).load(path: config)
            } catch {
                throw HostError(description: error.errors.map(\.description).joined(separator: "; "))
            }
        }
        let server = try await GatehouseServer.start(loaded, environment: environment)
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: ServerService(
                            server: server,
                            readyLine: "gatehouse is ready at \(loaded.issuer.text)\(Self.bound(server))",
                            resumption: ResumptionWatch(journal: environment.storage?.journal, logger: host.logger),
                            manager: Self.serviceManager,
                            reopenFiles: { host.reopenAudit() }
                        )
                    )
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: host.logger
            )
        )
        try await group.run()
    }

    private func load() throws -> ConfigurationLoader.Loaded {
        do throws(ConfigurationErrors) {
            return try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).loadAll(path: config)
        } catch {
            for error in error.errors { Console.writeError("\(error)") }
            throw ExitCode.failure
        }
    }

    private static func bound(_ server: GatehouseServer) -> String {
        let addresses = server.addresses.map(\.description).joined(separator: ", ")
        let management = server.managementAddress.map { "; management on \($0)" } ?? ""
        return " (listening on \(addresses)\(management))"
    }
}
