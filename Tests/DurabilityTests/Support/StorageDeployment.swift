import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import Foundation
import Logging
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import SocketHTTP

/// A folder with a configuration and a storage directory, the port that the issuer names, and an identity provider in
/// this process: everything but the program under test, which comes and goes.
final class StorageDeployment: Sendable {
    /// Gatehouse's issuer, which is also its base URL.
    let issuer: String
    /// The folder that holds everything.
    let folder: URL
    /// The storage directory.
    let directory: URL
    /// The file of the storage key.
    let keyFile: URL
    let provider: DevelopmentIdentityProvider
    let transport: CurlClient
    let adminToken = "admin-token-of-the-durability-tests"
    private let reservation: PortReservation

    static let upstreamSecret = "upstream-secret-of-the-durability-tests"

    private init(journal: String, snapshotInterval: String) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID().uuidString)")
        directory = folder.appending(path: "data")
        keyFile = folder.appending(path: "storage.key")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        issuer = "http://\(reservation.address)"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        transport = try CurlClient(configuration: .init(proxy: .none), logger: logger)
        var behaviour = DevelopmentIdentityProvider.Configuration()
        // So short that every exchange refreshes upstream, and the provider ends a grant whose refresh token comes
        // twice: a rotation that was acknowledged and then lost shows as a dead connection.
        behaviour.openIDConnect.accessTokenLifetime = .seconds(30)
        provider = try DevelopmentIdentityProvider(
            configuration: behaviour,
            timeSource: SystemTimeSource(),
            logger: logger
        )
        try await provider.start()
        let key = (0..<4).map { _ in String(UInt64.random(in: 1 << 63 ... .max), radix: 16) }.joined()
        try write(key, to: keyFile)
        try write(Self.upstreamSecret, to: folder.appending(path: "upstream-secret"))
        try write(TestServer.resourceServer.secret, to: folder.appending(path: "resource-secret"))
        try write(adminToken, to: folder.appending(path: "admin-token"))
        try writeConfiguration(journal: journal, snapshotInterval: snapshotInterval)
    }

    /// Makes a deployment, runs the body, and removes everything.
    static func run(
        journal: String = "always",
        snapshotInterval: String = "1h",
        _ body: (StorageDeployment) async throws -> Void
    ) async throws {
        let deployment = try await StorageDeployment(journal: journal, snapshotInterval: snapshotInterval)
        do {
            try await body(deployment)
        } catch {
            await deployment.remove()
            throw error
        }
        await deployment.remove()
    }

    private func remove() async {
        await provider.shutdown()
        await transport.shutdown()
        try? FileManager.default.removeItem(at: folder)  // a leftover in the temporary directory does no harm
    }

    private func write(_ text: String, to file: URL) throws {
        try Data((text + "\n").utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path())
    }

    // MARK: - The program

    /// The configuration with a storage directory, by default the deployment's.
    func configuration(directory: URL? = nil) throws -> URL {
        guard let directory else { return folder.appending(path: "gatehouse.yaml") }
        let text = try String(contentsOf: folder.appending(path: "gatehouse.yaml"), encoding: .utf8)
        let file = folder.appending(path: "gatehouse-\(directory.lastPathComponent).yaml")
        try Data(text.replacing(self.directory.path(), with: directory.path()).utf8).write(to: file)
        return file
    }

    /// Changes the text of the configuration.
    func edit(_ change: (String) -> String) throws {
        let file = folder.appending(path: "gatehouse.yaml")
        try Data(change(try String(contentsOf: file, encoding: .utf8)).utf8).write(to: file)
    }

    /// Starts the program, without waiting for anything.
    func start(_ arguments: String..., directory: URL? = nil) throws -> GatehouseProcess {
        let file = try configuration(directory: directory)
        return try GatehouseProcess(["serve", "--config", file.path(), "--log-level", "notice"] + arguments)
    }

    /// Starts the program and waits until it is ready.
    func served(_ arguments: String..., directory: URL? = nil) async throws -> GatehouseProcess {
        let file = try configuration(directory: directory)
        let process = try GatehouseProcess(
            ["serve", "--config", file.path(), "--log-level", "notice"] + arguments
        )
        _ = try await process.ready()
        return process
    }

    /// Starts the program and waits for its end; for starts that are refused.
    func refused(_ arguments: String..., directory: URL? = nil) async throws -> GatehouseProcess.Outcome {
        let file = try configuration(directory: directory)
        return try await GatehouseProcess.run(["serve", "--config", file.path()] + arguments)
    }

    private func writeConfiguration(journal: String, snapshotInterval: String) throws {
        let text = """
            issuer: \(issuer)
            listen:
              - address: \(reservation.address)
            management: {address: "127.0.0.1:0", admin_token: {file: \(folder.path())/admin-token}}
            storage:
              directory: \(directory.path())
              encryption_key: {file: \(keyFile.path())}
              snapshot_interval: \(snapshotInterval)
              journal: \(journal)
            tokens: {refresh_reuse_grace: 15m}
            scopes: [openid, profile, email, offline_access, "mcp:read"]
            upstreams:
              - name: \(TestServer.upstream)
                type: oidc
                issuer: \(provider.issuer)
                client_id: gatehouse
                client_secret: {file: \(folder.path())/upstream-secret}
                scopes: [openid, profile, email, offline_access]
                allow_insecure_http: true
                allow_private_network: true
            resources:
              - uri: \(TestServer.resource)
                scopes: ["mcp:read"]
                upstreams: [\(TestServer.upstream)]
                client_id: \(TestServer.resourceServer.id)
                client_secret: {file: \(folder.path())/resource-secret}
            trusted_issuers:
              - issuer: \(provider.issuer)
                jwks_uri: \(provider.issuer)/jwks
                allow_insecure_http: true
                allow_private_network: true
                identity_assertions: {resources: ["\(TestServer.resource)"], public_clients: true}
                workloads: [{subject: "job-*", client: ci, resources: ["\(TestServer.resource)"], scopes: ["mcp:read"]}]
            limits:
              registrations_per_source: {burst: 10000, per_minute: 10000}
              failures_per_source: {burst: 10000, per_minute: 10000}

            """
        try Data(text.utf8).write(to: folder.appending(path: "gatehouse.yaml"))
    }

    // MARK: - Clients

    /// A client of the issuer that is not registered yet.
    var client: OAuthTestClient {
        OAuthTestClient(issuer: issuer, transport: transport, resource: TestServer.resource)
    }

    /// A registered public client with this name.
    func registeredClient(named name: String) async throws -> OAuthTestClient {
        var client = client
        let answer = try await client.register([
            "client_name": .string(name), "redirect_uris": [.string(client.redirectURI)],
            "token_endpoint_auth_method": "none",
        ])
        guard answer.status == 201, let id = answer["client_id"] else {
            throw Violation("registration was answered with \(answer.status) \(answer.error ?? "")")
        }
        client.id = id
        return client
    }

    /// Sends a user through consent and sign-in; returns the code.
    func code(for client: OAuthTestClient, user: String) async throws -> String {
        let browser = TestBrowser(transport: transport)
        var page = try await browser.get(client.authorizationURL())
        if page.status == 200, let ticket = page.hiddenFields["ticket"] {
            page = try await browser.post(
                issuer + "/oauth/consent",
                form: [("ticket", ticket), ("decision", "approve")]
            )
        }
        let answer = try await client.finish(
            page,
            with: browser,
            issuer: issuer,
            provider: provider.issuer,
            as: user
        )
        guard let code = answer["code"] else { throw Violation("no code: \(answer) after status \(page.status)") }
        return code
    }

    /// The published keys, by their ids, as they are written.
    func publishedKeys() async throws -> [String: String] {
        let answer = try await client.send("GET", KeySetEndpoint.path)
        let keys = answer.json["keys"]?.arrayValue ?? []
        return Dictionary(
            keys.compactMap { key in
                guard case .object(let object) = key, let id = object["kid"]?.stringValue,
                    // The RS256 key for ID tokens is made some time after the start.
                    object["alg"]?.stringValue != "RS256"
                else { return nil }
                return (id, String(decoding: object.serialized(), as: UTF8.self))
            },
            uniquingKeysWith: { first, _ in first }
        )
    }
}
