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

/// `gatehouse dev`: no configuration, an identity provider in the box, one demo resource.
struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Serve in memory with an embedded identity provider, after driving the whole flow once.",
        discussion: """
            Nothing is kept: every start has new keys and new credentials. For production use serve.
            """
    )

    @Option(name: .long, help: "The port on 127.0.0.1; 0 picks a free one.")
    var port: UInt16 = 8080

    @Option(name: .long, help: "The URI of the MCP server that tokens are for.")
    var resource = "http://127.0.0.1:8081/mcp"

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: LogLevel = .warning

    @Flag(name: .long, help: "Stop after the flow instead of serving.")
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

    // The usual port may be taken by another server: then any will do, for everything that is printed names it.
    private func start() async throws -> (deployment: DevelopmentDeployment, host: ServerHost) {
        do {
            return try await DevelopmentDeployment.start(port: port, resource: resource, logLevel: logLevel.level)
        } catch let error as SocketError where port == 8080 {
            Console.writeError("port 8080 is taken (\(error)); using a free one")
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
