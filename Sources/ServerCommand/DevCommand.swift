import ArgumentParser
import AuthorizationServer
import DurableLog
import FoundationEssentials
import GatehouseHosting
import Logging
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import ServiceLifecycle
import SocketHTTP
import UnixSignals

/// `gatehouse dev`: a server without configuration, with an embedded identity provider and one demo resource.
struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Run the complete flow once, then serve in memory with an embedded identity provider.",
        discussion: """
            Nothing is stored: every start has new keys and new credentials. For production use serve.
            """
    )

    @Option(name: .long, help: "The port; 0 picks a free one. Without it 8080, or a free one if that is in use.")
    var port: UInt16?

    @Option(name: .long, help: "The IP address to listen on. Anyone who reaches it can log in as any user.")
    var address = "127.0.0.1"

    @Option(name: .long, help: "The URI of the MCP server that tokens are issued for. May be repeated.")
    var resource: [String] = []

    @Option(name: .long, help: "A scope of the resources, mcp:read without it. May be repeated.")
    var scope: [String] = []

    @Option(
        name: .long,
        help: """
            An embedded provider: NAME, or NAME=PRESET for one that behaves as \
            \(ProviderPreset.allCases.map(\.rawValue).joined(separator: ", ")). May be repeated; dev without it.
            """
    )
    var upstream: [String] = []

    @Option(name: .long, help: "Configuration keys as YAML, such as 'tokens: {access_token_lifetime: 90s}'.")
    var configInline: String?

    @Flag(
        name: .long,
        help: "Print one JSON line with addresses and credentials when ready, and nothing else; the flow is not run."
    )
    var json = false

    @Option(name: .long, help: "Write that line to this file, readable for its owner only, when ready.")
    var readyFile: String?

    @Flag(name: .long, help: "Exit when the process that started this one ends.")
    var exitWithParent = false

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: LogLevel = .warning

    @Flag(name: .long, help: "Exit after the flow instead of serving.")
    var once = false

    func validate() throws {
        for resource in resource {
            if let objection = ConfigurationRules.resourceObjection(resource) {
                throw ValidationError("--resource \(objection)")
            }
        }
        guard IPAddress(address) != nil else { throw ValidationError("--address must be an IP address") }
        guard !once || !isForPrograms else {
            throw ValidationError("--once runs the flow, which --json and --ready-file leave out")
        }
        do throws(HostError) {
            let upstreams = try upstream.map { text throws(HostError) in try DevelopmentOptions.upstream(text).name }
            guard Set(upstreams).count == upstreams.count else {
                throw HostError(description: "--upstream: a name may be given once")
            }
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Whether the output is read by a program.
    private var isForPrograms: Bool { json || readyFile != nil }

    func run() async throws {
        // Before anything else, because the parent may end during the start.
        let parent = exitWithParent ? ParentWatch() : nil
        do {
            let (deployment, host) = try await start()
            let announcement: String
            do {
                if !isForPrograms {
                    Console.write(deployment.introduction)
                    let token = try await FlowTranscript(deployment: deployment, transport: host.transport).run()
                    if !once { Self.write(deployment.commands(accessToken: token)) }
                }
                announcement = try announce(deployment)
            } catch {
                await deployment.shutdown()
                await host.close()
                throw error
            }
            if once {
                await deployment.shutdown()
            } else {
                try await serve(deployment, announcement: announcement, parent: parent, logger: host.logger)
            }
            await host.close()
        } catch let errors as ConfigurationErrors {
            for error in errors.errors { Console.writeError("\(error)") }
            throw ExitCode.failure
        } catch {
            Console.writeError("gatehouse dev failed: \(error)")
            throw ExitCode.failure
        }
    }

    private static func write(_ commands: [String]) {
        Console.write("\nIn a shell:\n")
        for command in commands { Console.write(command + "\n") }
    }

    private func options(port: UInt16) throws -> DevelopmentOptions {
        guard let ip = IPAddress(address) else { throw ValidationError("--address must be an IP address") }
        var options = DevelopmentOptions()
        options.address = SocketAddress(ip: ip, port: port)
        if !resource.isEmpty { options.resources = resource }
        if !isForPrograms, !once {
            options.servesDemoResource = resource.isEmpty
            // A developer's own server may be about to take the usual port.
            options.demo = SocketAddress(ip: .loopback, port: resource.isEmpty ? 8081 : 0)
        }
        if !scope.isEmpty { options.scopes = scope }
        if !upstream.isEmpty { options.upstreams = try upstream.map(DevelopmentOptions.upstream) }
        options.inline = configInline
        options.environment = ProcessInfo.processInfo.environment
        options.logLevel = logLevel.level
        return options
    }

    // Without a wish for a port any free one will do, because every printed address contains it.
    private func start() async throws -> (deployment: DevelopmentDeployment, host: ServerHost) {
        if let port { return try await DevelopmentDeployment.start(options(port: port)) }
        do {
            return try await DevelopmentDeployment.start(options(port: 8080))
        } catch let error as SocketError {
            Console.writeError("port 8080 is in use (\(error)); using a free one")
            return try await DevelopmentDeployment.start(options(port: 0))
        }
    }

    private func announce(_ deployment: DevelopmentDeployment) throws -> String {
        let report = deployment.readyReport.serializedString()
        if let readyFile {
            do throws(FileSystemError) {
                try Self.write(report + "\n", to: readyFile)
            } catch {
                throw HostError(description: "--ready-file \(readyFile) cannot be written: \(error)")
            }
        }
        guard !json else { return report }
        return "\ngatehouse is ready at \(deployment.server.configuration.issuer.text) (Ctrl-C stops it)"
    }

    // Under another name first: a program that sees the file can read all of it.
    private static func write(_ text: String, to path: String) throws(FileSystemError) {
        let files = POSIXFileSystem()
        // What an earlier run left; usually there is none.
        try? files.remove(path + ".new")
        try files.createFile(path + ".new").write(Array(text.utf8), at: 0)
        try files.rename(path + ".new", to: path)
    }

    private func serve(
        _ deployment: DevelopmentDeployment,
        announcement: String,
        parent: ParentWatch?,
        logger: Logger
    ) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: ServerService(
                            server: deployment.server,
                            readyLine: announcement,
                            whenStopping: { await deployment.releaseAll() },
                            parent: parent
                        )
                    )
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
        await deployment.shutdownCompanions()
    }
}
