import ArgumentParser
import AuthorizationServer
import DurableLog
import Foundation
import Logging
import OAuthProtocol
import OutboundHTTP
import SocketHTTP

/// The server under load, in a process of its own on the first core.
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", shouldDisplay: false)

    @Option(name: .long) var provider: String
    @Option(name: .long) var journal: String
    @Option(name: .long) var directory: String

    func run() async throws {
        try Affinity.pin(to: 0)
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        var configuration = Configuration(
            issuer: try Issuer("http://\(reservation.address)"),
            listen: [.init(address: reservation.address)]
        )
        configuration.management.address = SocketAddress(ip: .loopback, port: 0)
        configuration.scopes = ScopeSet(["openid", "offline_access", "mcp:read"])
        var upstream = Configuration.Upstream(name: "load", kind: .oidc(issuer: provider), clientID: "gatehouse")
        upstream.clientSecret = .value(SecretValue("upstream-secret-for-load"))
        upstream.scopes = ["openid", "offline_access"]
        upstream.allowsInsecureHTTP = true
        upstream.allowsPrivateNetwork = true
        configuration.upstreams = [upstream]
        var resource = Configuration.Resource(uri: LoadHost.resource, scopes: ScopeSet(["mcp:read"]))
        resource.upstreams = ["load"]
        resource.clientID = LoadHost.resourceServer.id
        resource.clientSecret = .value(SecretValue(LoadHost.resourceServer.secret))
        configuration.resources = [resource]
        configuration.limits.registrationsPerSource = .init(burst: 1_000_000, perMinute: 1_000_000)
        let logger = Logger(label: "load") { _ in SwiftLogNoOpLogHandler() }
        var environment = ServerEnvironment(
            transport: try CurlClient(logger: logger),
            auditSink: { _ in },
            logger: logger
        )
        environment.reservations = [reservation]
        environment.eventLoopCount = 1
        if let policy = JournalPolicy(rawValue: journal) {
            environment.storage = try DurableStore.open(
                directory: directory,
                key: .besideData,
                options: StorageOptions(journal: JournalOptions(policy: policy)),
                logger: logger
            )
        }
        let server = try await GatehouseServer.start(configuration, environment: environment)
        FileHandle.standardOutput.write(Data("\(server.configuration.issuer.text)\n".utf8))
        // Lives until standard input closes: the benchmark's end, however it comes.
        _ = FileHandle.standardInput.readDataToEndOfFile()
        await server.shutdown(gracePeriod: .zero)
    }
}
