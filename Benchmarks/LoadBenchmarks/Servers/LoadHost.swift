import AuthorizationServer
import BenchmarkSupport
import DevelopmentIdentityProvider
import Foundation
import Logging
import OAuthProtocol

/// The server process, its identity provider, and the tokens of its sessions.
final class LoadHost {
    let issuer: String
    let providerURL: String
    let server: Endpoint
    let provider: Endpoint
    let idleBytes: Int
    /// The port that speaks TLS, if the server is one for hostile load.
    let tlsPort: UInt16?
    /// The refresh tokens of live sessions.
    let refreshTokens: [[UInt8]]
    /// The refresh tokens of sessions whose upstream token is always expired.
    let expiringTokens: [[UInt8]]
    /// More codes than this server can redeem in a second.
    let redemptionRateMax: Double
    private let child: ChildServer
    private let directory: URL
    private let upstream: FastUpstream
    private let identityProvider: DevelopmentIdentityProvider

    /// Sessions whose upstream token is always expired: as many as refresh at once.
    static let expiringCount = 64

    /// Starts everything.
    ///
    /// - Parameters:
    ///   - conditions: The conditions of the load.
    ///   - program: Another build's server.
    ///   - arguments: Further arguments of the server.
    /// - Returns: The running server with its provider.
    /// - Throws: What prevents the start.
    static func start(
        _ conditions: Conditions,
        program: URL? = nil,
        arguments: [String] = []
    ) async throws -> LoadHost {
        let logger = Logger(label: "load") { _ in SwiftLogNoOpLogHandler() }
        let identityProvider = try DevelopmentIdentityProvider(
            configuration: .init(signIn: .automatic("ada")),
            timeSource: SystemTimeSource(),
            logger: logger
        )
        let upstream = try await FastUpstream.start(logger)
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-load-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        if conditions.tls || arguments.contains("--hostile") { try Certificate.make(in: directory) }
        let providerURL = try await identityProvider.start()
        let child = try ChildServer(
            [
                "serve", "--provider", providerURL, "--fast-upstream", upstream.url, "--journal", conditions.journal,
                "--directory", directory.path(), "--sessions", "\(conditions.sessions)",
                "--expired", "\(expiringCount)",
            ] + (conditions.tls ? ["--tls"] : []) + arguments,
            program: program
        )
        let ready = try await child.line()
        guard let sessions = ready["sessions"]?.integerValue, sessions == conditions.sessions + expiringCount else {
            throw BenchmarkError("the server does not have its sessions")
        }
        let tokens = try Data(contentsOf: directory.appending(path: "tokens")).split(separator: 10).map(Array.init)
        return try LoadHost(
            issuer: ready["issuer"]?.stringValue ?? "",
            providerURL: providerURL,
            tls: conditions.tls ? ClientTLS() : nil,
            idleBytes: ready["idle_bytes"]?.integerValue ?? 0,
            tlsPort: ready["tls_port"]?.integerValue.flatMap { UInt16(exactly: $0) },
            tokens: tokens,
            // More than a core can sign, or a database can commit.
            redemptionRateMax: arguments.contains("--database") ? 10_000 : 60_000,
            child: child,
            directory: directory,
            upstream: upstream,
            identityProvider: identityProvider
        )
    }

    private init(
        issuer: String,
        providerURL: String,
        tls: ClientTLS?,
        idleBytes: Int,
        tlsPort: UInt16?,
        tokens: [[UInt8]],
        redemptionRateMax: Double,
        child: ChildServer,
        directory: URL,
        upstream: FastUpstream,
        identityProvider: DevelopmentIdentityProvider
    ) throws {
        guard let port = URIReference(issuer)?.port, let providerPort = URIReference(providerURL)?.port else {
            throw BenchmarkError("the server did not report its address")
        }
        self.issuer = issuer
        self.providerURL = providerURL
        server = Endpoint(port: port, tls: tls)
        provider = Endpoint(port: providerPort)
        self.idleBytes = idleBytes
        self.tlsPort = tlsPort
        refreshTokens = Array(tokens.dropLast(Self.expiringCount))
        expiringTokens = Array(tokens.suffix(Self.expiringCount))
        self.redemptionRateMax = redemptionRateMax
        self.child = child
        self.directory = directory
        self.upstream = upstream
        self.identityProvider = identityProvider
    }

    /// The server's process.
    var processID: Int32 { child.processID }

    /// The folder with the certificate and its key.
    var certificateFolder: URL { directory }

    /// Has codes issued, numbered from the last call's on.
    func issueCodes(_ count: Int) async throws {
        child.say("\(count)")
        _ = try await child.line()
    }

    /// One request on a connection of its own, and its answer.
    func answer(_ request: [UInt8]) throws -> Answer {
        let wire = try Wire(to: server)
        try wire.send(request)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            if let answer = try wire.receive(into: &buffer) { return answer }
            var descriptor = pollfd(fd: wire.descriptor, events: Int16(POLLIN), revents: 0)
            unsafe poll(&descriptor, 1, 1000)
        }
        throw BenchmarkError("no answer within 20 seconds")
    }

    /// The access token and the next refresh token of a session.
    func refresh(_ token: [UInt8]) throws -> (access: String, refresh: [UInt8]) {
        let form = "grant_type=refresh_token&client_id=\(Population.clientID)&refresh_token="
        let answer = try answer(FormTemplate("/oauth/token", form).request(token))
        try answer.require(200)
        return (String(decoding: try answer.member("access_token"), as: UTF8.self), try answer.member("refresh_token"))
    }

    /// Ends the server process and removes its directory.
    func stop() async {
        child.end()
        await identityProvider.shutdown()
        await upstream.stop()
        // A directory left in the temporary folder does no harm.
        try? FileManager.default.removeItem(at: directory)
    }
}
