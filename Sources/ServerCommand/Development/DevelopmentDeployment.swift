import AuthorizationServer
import DevelopmentIdentityProvider
import FoundationEssentials
import GatehouseHosting
import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP

/// The parts of `gatehouse dev`: identity providers with two users, a server in memory, demo resources, and the control
/// plane for tests.
struct DevelopmentDeployment: Sendable {
    /// What the control plane acts on.
    let ground: ControlGround
    let control: ControlPlane
    /// The page *Try it*; `nil` without one.
    let demo: DemoApplication?

    var server: GatehouseServer { ground.server }
    var upstreams: [(upstream: DevelopmentUpstream, provider: DevelopmentIdentityProvider)] { ground.upstreams }
    var clock: DevelopmentClock { ground.clock }
    var adminToken: String { ground.adminToken }

    /// The first provider, which the transcript uses; a start without one is refused.
    var provider: DevelopmentIdentityProvider { upstreams[0].provider }
    /// The first resource's URI.
    var resource: String { first.uri }
    /// The credentials of the first resource's server.
    var resourceServer: (id: String, secret: String) {
        (first.clientID ?? "", first.clientSecret?.value?.text ?? "")
    }

    private var first: Configuration.Resource { server.configuration.resources[0] }

    /// Starts the providers, the server and the control plane.
    ///
    /// - Parameters:
    ///   - given: What the command line, or a test, asks for.
    ///   - isFurther: Whether the control plane of another server starts it, and so has no further ones itself.
    /// - Returns: The running deployment and its host.
    /// - Throws: Any error that prevents a server's start.
    static func start(
        _ given: DevelopmentOptions,
        isFurther: Bool = false
    ) async throws -> (deployment: DevelopmentDeployment, host: ServerHost) {
        let (options, demoPort) = try reserveDemo(given)
        let random = SystemRandomSource()
        func secret() -> String { Base64URL.encode(random.bytes(32)) }
        let clock = DevelopmentClock()
        let reservation = try PortReservation(options.address)
        let upstreams = try options.upstreams.map { name, preset in
            try DevelopmentProviders.make(name, preset, clock: clock, random: random)
        }
        let settings = try DevelopmentSettings(
            DevelopmentConfiguration(
                options: options,
                address: reservation.address,
                upstreams: upstreams.map(\.upstream),
                resourceSecrets: options.resources.map { _ in secret() },
                adminToken: secret()
            )
        )
        guard !upstreams.isEmpty, !settings.configuration.resources.isEmpty else {
            throw HostError(description: "at least one upstream and one resource are needed")
        }
        let host = try ServerHost(settings.configuration, logLevel: options.logLevel, audits: false)
        let parts = Parts(
            settings: settings,
            upstreams: upstreams,
            clock: clock,
            reservation: reservation,
            demoPort: demoPort,
            servers: isFurther ? nil : DevelopmentServers(given)
        )
        do {
            return (try await launch(parts, host: host, controlToken: secret()), host)
        } catch {
            // A process with further servers outlives the failure of one.
            for (_, provider) in upstreams { await provider.shutdown() }
            await host.close()
            throw error
        }
    }

    /// What a start has prepared before anything runs.
    private struct Parts {
        let settings: DevelopmentSettings
        let upstreams: [(upstream: DevelopmentUpstream, provider: DevelopmentIdentityProvider)]
        let clock: DevelopmentClock
        let reservation: PortReservation
        let demoPort: PortReservation?
        let servers: DevelopmentServers?
    }

    private static func launch(
        _ parts: Parts,
        host: ServerHost,
        controlToken: String
    ) async throws -> DevelopmentDeployment {
        let configuration = parts.settings.configuration
        for entry in parts.upstreams { try await DevelopmentProviders.start(entry, for: configuration.issuer) }
        var environment = try host.environment()
        environment.reservations = [parts.reservation]
        environment.frontPage = parts.demoPort.map(DemoApplication.url)
        environment.timeSource = parts.clock
        let requests = ServerRequestCapture(clock: parts.clock)
        environment.logger = requests.logger(over: host.logger)
        let audit = DevelopmentAudit()
        environment.auditSink = audit.sink
        environment.readConfiguration = { parts.settings.configuration }
        environment.reloadsUpstreams = true
        let server = try await GatehouseServer.start(configuration, environment: environment)
        do {
            let ground = ControlGround(
                server: server,
                providers: DevelopmentProviders(parts.upstreams),
                clock: parts.clock,
                transport: host.transport,
                adminToken: parts.settings.adminToken,
                settings: parts.settings,
                requests: requests,
                audit: audit,
                servers: parts.servers
            )
            let control = try await ControlPlane.start(ground, token: controlToken, logger: host.logger)
            do {
                let demo = try await startDemo(
                    at: parts.demoPort,
                    ground,
                    configuration.resources[0],
                    logger: host.logger
                )
                return DevelopmentDeployment(ground: ground, control: control, demo: demo)
            } catch {
                await control.shutdown()
                throw error
            }
        } catch {
            await server.shutdown(gracePeriod: .zero)
            throw error
        }
    }

    /// Reserves the port of the page *Try it*, whose address is also that of the demo resource.
    private static func reserveDemo(
        _ options: DevelopmentOptions
    ) throws(SocketError) -> (DevelopmentOptions, PortReservation?) {
        guard let wished = options.demo else { return (options, nil) }
        let reservation = try DemoApplication.reserve(wished)
        var options = options
        if options.servesDemoResource {
            options.resources = [DemoApplication.url(at: reservation).dropLast() + DemoGround.resourcePath]
        }
        return (options, reservation)
    }

    private static func startDemo(
        at port: PortReservation?,
        _ ground: ControlGround,
        _ resource: Configuration.Resource,
        logger: Logger
    ) async throws -> DemoApplication? {
        guard let port else { return nil }
        let demo = DemoGround(control: ground, resource: resource, url: DemoApplication.url(at: port))
        return try await DemoApplication.start(demo, reservation: port, logger: logger)
    }

    /// What a program needs to know of the running server, credentials included: one JSON object.
    var readyReport: JSONObject {
        let configuration = server.configuration
        return [
            "issuer": .string(configuration.issuer.text),
            "addresses": .strings(server.addresses.map(\.description)),
            "management": .string(server.managementAddress.map { "http://\($0)" } ?? ""),
            "admin_token": .string(adminToken),
            "control": ["url": .string(control.url), "token": .string(control.token)],
            "upstreams": .array(
                upstreams.map { upstream, _ in
                    [
                        "name": .string(upstream.name), "issuer": .string(upstream.issuer),
                        "preset": .string(upstream.preset.rawValue),
                    ]
                }
            ),
            "resources": .array(configuration.resources.map { .object($0.report) }),
            "pid": .integer(Int(ProcessInfo.processInfo.processIdentifier)),
        ]
    }

    /// The name of the first upstream.
    var upstreamName: String { upstreams.first?.upstream.name ?? DevelopmentOptions.usualUpstream }

    /// Stops all parts but the server, which ends first.
    func shutdownCompanions() async {
        await ground.servers?.stopAll()
        await demo?.shutdown()
        await control.shutdown()
        for (_, provider) in upstreams { await provider.shutdown() }
    }

    /// Lets every held request continue, here and at the further servers, which end: a shutdown waits for requests in
    /// progress.
    func releaseAll() async {
        ground.clearFaults()
        await ground.servers?.stopAll()
    }

    /// Stops everything.
    func shutdown(gracePeriod: Duration = .seconds(10)) async {
        await releaseAll()
        await server.shutdown(gracePeriod: gracePeriod)
        await shutdownCompanions()
    }
}
