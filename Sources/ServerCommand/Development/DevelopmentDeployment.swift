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
    let server: GatehouseServer
    let upstreams: [(upstream: DevelopmentUpstream, provider: DevelopmentIdentityProvider)]
    let clock: DevelopmentClock
    let adminToken: String
    let control: ControlPlane
    /// The page *Try it*; `nil` without one.
    let demo: DemoApplication?

    /// The first provider, which the transcript uses.
    let provider: DevelopmentIdentityProvider
    /// The first resource's URI and its server's credentials.
    let resource: String
    let resourceServer: (id: String, secret: String)

    /// Starts the providers, the server and the control plane.
    ///
    /// - Returns: The running deployment and its host.
    /// - Throws: Any error that prevents a server's start.
    static func start(
        _ given: DevelopmentOptions
    ) async throws -> (deployment: DevelopmentDeployment, host: ServerHost) {
        let (options, demoPort) = try reserveDemo(given)
        let random = SystemRandomSource()
        func secret() -> String { Base64URL.encode(random.bytes(32)) }
        let clock = DevelopmentClock()
        let reservation = try PortReservation(options.address)
        let upstreams = try providers(options, clock: clock, random: random)
        let adminToken = secret()
        let settings = try DevelopmentSettings(
            DevelopmentConfiguration(
                options: options,
                address: reservation.address,
                upstreams: upstreams.map(\.upstream),
                resourceSecrets: options.resources.map { _ in secret() },
                adminToken: adminToken
            )
        )
        let configuration = settings.configuration
        guard let first = upstreams.first, let resource = configuration.resources.first else {
            throw HostError(description: "at least one upstream and one resource are needed")
        }
        try await startProviders(upstreams, for: configuration.issuer)
        let host = try ServerHost(configuration, logLevel: options.logLevel, audits: false)
        var environment = try host.environment()
        environment.reservations = [reservation]
        environment.frontPage = demoPort.map(DemoApplication.url)
        environment.timeSource = clock
        let requests = ServerRequestCapture(clock: clock)
        environment.logger = requests.logger(over: host.logger)
        environment.readConfiguration = { settings.configuration }
        let server = try await GatehouseServer.start(configuration, environment: environment)
        let ground = ControlGround(
            server: server,
            upstreams: upstreams.map { ($0.upstream, $0.provider) },
            clock: clock,
            transport: host.transport,
            adminToken: adminToken,
            settings: settings,
            requests: requests
        )
        let control = try await ControlPlane.start(ground, token: secret(), logger: host.logger)
        let demo = try await startDemo(at: demoPort, ground, resource, logger: host.logger)
        let deployment = DevelopmentDeployment(
            server: server,
            upstreams: upstreams,
            clock: clock,
            adminToken: adminToken,
            control: control,
            demo: demo,
            provider: first.provider,
            resource: resource.uri,
            resourceServer: (resource.clientID ?? "", resource.clientSecret?.value?.text ?? "")
        )
        return (deployment, host)
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

    /// Starts the providers, which know the server's callbacks from then on.
    private static func startProviders(
        _ upstreams: [(upstream: DevelopmentUpstream, provider: DevelopmentIdentityProvider)],
        for issuer: Issuer
    ) async throws {
        for (upstream, provider) in upstreams {
            let callback = issuer.url(CallbackEndpoint.path + "/" + upstream.name)
            await provider.setClient(
                DevelopmentClient(id: "gatehouse", secret: upstream.secret, redirectURIs: [callback])
            )
            try await provider.start()
        }
    }

    /// The providers, not started yet, each with the upstream that it is for the server.
    private static func providers(
        _ options: DevelopmentOptions,
        clock: DevelopmentClock,
        random: any RandomSource
    ) throws -> [(upstream: DevelopmentUpstream, provider: DevelopmentIdentityProvider)] {
        try options.upstreams.map { name, preset in
            var configuration = DevelopmentIdentityProvider.Configuration()
            configuration.clients = .registered([])
            preset.configure(&configuration)
            let provider = try DevelopmentIdentityProvider(
                configuration: configuration,
                timeSource: clock,
                random: random,
                logger: Logger(label: "provider") { _ in SwiftLogNoOpLogHandler() }
            )
            let secret = Base64URL.encode(random.bytes(32))
            let upstream = DevelopmentUpstream(name: name, preset: preset, issuer: provider.issuer, secret: secret)
            return (upstream, provider)
        }
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
        await demo?.shutdown()
        await control.shutdown()
        for (_, provider) in upstreams { await provider.shutdown() }
    }

    /// Stops everything.
    func shutdown() async {
        await server.shutdown()
        await shutdownCompanions()
    }
}
