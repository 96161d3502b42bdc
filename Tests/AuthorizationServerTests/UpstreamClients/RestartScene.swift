import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import DurableLog
import Foundation
import Logging
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import SocketHTTP
import Testing

/// A provider that stays, and a server that starts again and again at one address with one storage directory.
struct RestartScene: Sendable {
    let provider: DevelopmentIdentityProvider
    let clock: ManualClock
    private let directory: URL
    private let reservation: PortReservation
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs the body with a started provider and a storage directory, which it removes afterwards.
    static func run(
        _ configuration: DevelopmentIdentityProvider.Configuration = .init(),
        _ body: (RestartScene) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let provider = try DevelopmentIdentityProvider(
            configuration: configuration,
            timeSource: clock,
            random: SystemRandomSource(),
            logger: logger
        )
        try await provider.start()
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        defer {
            // A temporary folder that could not be removed is no reason to fail the test.
            try? FileManager.default.removeItem(at: directory)
            try? FileManager.default.removeItem(at: copy(of: directory))
        }
        let scene = RestartScene(
            provider: provider,
            clock: clock,
            directory: directory,
            reservation: try PortReservation(SocketAddress(ip: .loopback, port: 0))
        )
        do {
            try await body(scene)
        } catch {
            await provider.shutdown()
            throw error
        }
        await provider.shutdown()
    }

    private static func copy(of directory: URL) -> URL {
        directory.deletingLastPathComponent().appending(path: directory.lastPathComponent + "-copy")
    }

    /// Copies the storage as it is on the disk now: what a crash at this moment would leave.
    func copyStorage() throws {
        try FileManager.default.copyItem(at: directory, to: Self.copy(of: directory))
    }

    /// Runs the server once on that copy.
    func serveCopy(_ body: (TestServer) async throws -> Void) async throws {
        let scene = RestartScene(
            provider: provider,
            clock: clock,
            directory: Self.copy(of: directory),
            reservation: reservation
        )
        try await scene.serve({ _ in }, body)
    }

    /// Runs the server once, with a change to how it is a client of the provider.
    func serve(
        _ adjust: (inout Configuration.Upstream) -> Void,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.run(
            clock: clock,
            configure: { configuration in
                configuration.issuer = try Issuer("http://\(reservation.address)")
                configuration.listen = [.init(address: reservation.address)]
                configuration.tokens.accessTokenLifetime = .seconds(86_400)
                var upstream = TestServer.upstreamConfiguration(issuer: provider.issuer)
                adjust(&upstream)
                configuration.upstreams = [upstream]
                configuration.resources[0].upstreams = [upstream.name]
            },
            environment: { environment in
                environment.reservations = [reservation]
                environment.storage = try DurableStore.open(
                    directory: directory.path(),
                    key: .configured(try StorageKey(bytes: Array(1...32))),
                    logger: Self.logger
                )
            },
            body
        )
    }

    /// What a login of the client's user brings: parameters of the redirect to the client.
    func authorize(
        _ client: OAuthTestClient,
        at server: TestServer,
        as user: String = "ada"
    ) async throws -> [String: String] {
        let browser = TestBrowser(transport: server.transport)
        let consent = try await browser.get(client.authorizationURL())
        let approved = try await browser.post(
            server.issuer + "/oauth/consent",
            form: [("ticket", consent.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
        )
        return try await client.finish(
            approved,
            with: browser,
            issuer: server.issuer,
            provider: provider.issuer,
            as: user
        )
    }

    /// The tokens of such a login.
    func tokens(
        _ client: OAuthTestClient,
        at server: TestServer,
        as user: String = "ada"
    ) async throws
        -> OAuthTestClient.Answer
    {
        let answer = try await authorize(client, at: server, as: user)
        return try await client.redeem(try #require(answer["code"], "\(answer)"))
    }

    /// The refreshes that came to the provider.
    var refreshes: [CapturedRequest] {
        provider.capturedRequests(on: .token).filter { $0.parameter("grant_type") == "refresh_token" }
    }
}
