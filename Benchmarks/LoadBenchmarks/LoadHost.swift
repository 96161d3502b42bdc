import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import Foundation
import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP

/// The server process, the identity provider that it sends users to, and clients that are logged in.
final class LoadHost {
    static let resource = "https://mcp.example.com/mcp"
    static let resourceServer = (id: "mcp-server", secret: "resource-server-secret-for-load")

    let issuer: String
    private let provider: DevelopmentIdentityProvider
    private let process: Process
    private let input: Pipe
    private let directory: URL
    private let transport: CurlClient

    static func start(journal: String) async throws -> LoadHost {
        let logger = Logger(label: "load") { _ in SwiftLogNoOpLogHandler() }
        let provider = try DevelopmentIdentityProvider(
            configuration: .init(signIn: .automatic("ada")),
            timeSource: SystemTimeSource(),
            logger: logger
        )
        let providerURL = try await provider.start()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-load-\(getpid())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["serve", "--provider", providerURL, "--journal", journal, "--directory", directory.path]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let chunk = output.fileHandleForReading.availableData
            guard !chunk.isEmpty else { throw BenchmarkError("the server process did not start") }
            line.append(chunk)
        }
        let issuer = String(decoding: line, as: UTF8.self).split(separator: "\n")[0]
        return LoadHost(
            issuer: String(issuer),
            provider: provider,
            process: process,
            input: input,
            directory: directory,
            transport: try CurlClient(logger: logger)
        )
    }

    private init(
        issuer: String,
        provider: DevelopmentIdentityProvider,
        process: Process,
        input: Pipe,
        directory: URL,
        transport: CurlClient
    ) {
        self.issuer = issuer
        self.provider = provider
        self.process = process
        self.input = input
        self.directory = directory
        self.transport = transport
    }

    /// Clients that went through the whole flow, with their tokens.
    func loggedIn(_ count: Int) async throws -> [(client: OAuthTestClient, tokens: OAuthTestClient.Answer)] {
        var sessions: [(client: OAuthTestClient, tokens: OAuthTestClient.Answer)] = []
        var client = OAuthTestClient(issuer: issuer, transport: transport, resource: Self.resource)
        let registration = try await client.register([
            "redirect_uris": [.string(client.redirectURI)], "token_endpoint_auth_method": "none",
        ])
        client.id = registration["client_id"] ?? ""
        for _ in 0..<count {
            let browser = TestBrowser(transport: transport)
            let page = try await browser.get(client.authorizationURL())
            let approved = try await browser.post(
                issuer + "/oauth/consent",
                form: [("ticket", page.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
            )
            let answer = try await client.finish(
                approved,
                with: browser,
                issuer: issuer,
                provider: provider.issuer,
                as: "ada"
            )
            let tokens = try await client.redeem(answer["code"] ?? "")
            guard tokens.status == 200 else { throw BenchmarkError("a login failed: \(tokens.error ?? "no code")") }
            sessions.append((client, tokens))
        }
        return sessions
    }

    /// Ends the server process and removes its directory.
    func stop() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
        // A directory that stays behind in the temporary folder harms nobody.
        try? FileManager.default.removeItem(at: directory)
    }
}
