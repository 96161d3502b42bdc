import ArgumentParser
import AuthorizationServer
import DevelopmentIdentityProvider
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

    @Option(name: .long, help: "The port on 127.0.0.1; 0 picks a free one.")
    var port: UInt16 = 8080

    @Option(name: .long, help: "The URI of the MCP server that tokens are issued for.")
    var resource = "http://127.0.0.1:8081/mcp"

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: LogLevel = .warning

    @Flag(name: .long, help: "Exit after the flow instead of serving.")
    var once = false

    func validate() throws {
        if let objection = ConfigurationRules.resourceObjection(resource) {
            throw ValidationError("--resource \(objection)")
        }
    }

    func run() async throws {
        do {
            let (deployment, host) = try await start()
            do {
                Console.write(deployment.instructions)
                try await FlowTranscript(deployment: deployment, transport: host.transport).run()
            } catch {
                await deployment.shutdown()
                await host.close()
                throw error
            }
            if once {
                await deployment.shutdown()
            } else {
                try await serve(deployment, logger: host.logger)
            }
            await host.close()
        } catch {
            Console.writeError("gatehouse dev failed: \(error)")
            throw ExitCode.failure
        }
    }

    // Another server may use the usual port; any free one will do, because every printed address contains it.
    private func start() async throws -> (deployment: DevelopmentDeployment, host: ServerHost) {
        do {
            return try await DevelopmentDeployment.start(port: port, resource: resource, logLevel: logLevel.level)
        } catch let error as SocketError where port == 8080 {
            Console.writeError("port 8080 is in use (\(error)); using a free one")
            return try await DevelopmentDeployment.start(port: 0, resource: resource, logLevel: logLevel.level)
        }
    }

    private func serve(_ deployment: DevelopmentDeployment, logger: Logger) async throws {
        let issuer = deployment.server.configuration.issuer.text
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: ServerService(
                            server: deployment.server,
                            readyLine: "\ngatehouse is ready at \(issuer) (Ctrl-C stops it)"
                        )
                    )
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
        await deployment.provider.shutdown()
    }
}
