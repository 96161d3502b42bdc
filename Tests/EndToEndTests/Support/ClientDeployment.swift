import Foundation
import Synchronization
import Testing

/// One Gatehouse that knows clients in every way there is, as the client libraries meet it that were written elsewhere.
///
/// Pre-registered, public or proven by secret or key; by metadata documents, which a host of the test serves over TLS
/// under a certificate authority that only this Gatehouse's configuration names; and clients that register.
struct ClientDeployment: Sendable {
    /// What acts as the MCP server behind Gatehouse.
    enum ResourceServer: Sendable {
        /// The official SDK's; the issuer has no path.
        case sdk
        /// FastMCP's; the issuer has a path, because FastMCP cannot spell one without.
        case fastMCP
    }

    /// The deployment of the suite that runs.
    @TaskLocal static var current: ClientDeployment?

    let issuer: String
    let resource: String
    /// The base URL of the clients' documents and keys.
    let clientHost: String
    let gatehouse: ChildProcess
    private let options: StoryOptions
    private let secrets = SecretCollection()

    /// What each story gets; `Options` of `story.py` reads it.
    private struct StoryOptions: Encodable {
        let issuer: String
        let resource: String
        let user: String
        let client_host: String
        let client_key: String
        let issuer_key: String
        let upstream_issuer: String
        let secrets: [String: String]
        let resource_client: String
        let redirect_uri: String
    }

    /// Lets a library's story happen; returns what it reports.
    func tell<Story: ClientStory>(
        _ script: String,
        in environment: VirtualEnvironment = .mcp2,
        as story: Story.Type
    ) async throws -> Story {
        let report = try await environment.run(script, input: JSONEncoder().encode(options), as: Story.self)
        secrets.add(report.secrets)
        return report
    }

    /// Starts everything, runs `body`, stops everything; then nothing that Gatehouse said has a secret in it.
    static func run(_ server: ResourceServer, _ body: (ClientDeployment) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover in the temporary directory does no harm
        var children: [ChildProcess] = []
        do {
            let deployment = try await start(server, in: folder, children: &children)
            try await body(deployment)
            #expect(try await deployment.gatehouse.stop() == 0)
            deployment.secrets.expectAbsent(in: deployment.gatehouse.progress.everything)
        } catch {
            for child in children.reversed() { try await child.stop() }
            let said = children.map { "--- \($0.name) said:\n\($0.progress.everything)" }.joined(separator: "\n")
            throw HarnessError("\(error)\n\(said)")
        }
        for child in children.reversed() { try await child.stop() }
    }

    private static func start(
        _ server: ResourceServer,
        in folder: URL,
        children: inout [ChildProcess]
    ) async throws -> ClientDeployment {
        let environment = VirtualEnvironment.mcp2
        func serve(_ script: String, _ arguments: [String] = []) async throws -> [String: String] {
            let (child, facts) = try await environment.serve(script, arguments)
            children.append(child)
            return facts
        }
        func fact(_ name: String, _ facts: [String: String]) throws -> String {
            guard let value = facts[name] else { throw HarnessError("incomplete ready line: \(facts)") }
            return value
        }
        let port = try fact("port", try await serve("port_reservation.py"))
        let upstreamIssuer = try fact("issuer", try await serve("oidc_provider.py"))
        let clientHost = try fact("base", try await serve("client_host.py", ["--folder", folder.path()]))
        var secrets: [String: Secret] = [:]
        for name in ["upstream", Deployment.resourceClientID, "confidential", "web", "batch", "assistant"] {
            secrets[name] = try Secret(in: folder, file: "\(name)-secret")
        }
        let names = secrets.mapValues(\.path)
        let issuer = "http://127.0.0.1:\(port)" + (server == .fastMCP ? "/tenant" : "")
        let resource =
            switch server {
            case .sdk:
                try fact(
                    "resource",
                    try await serve(
                        "resource_server.py",
                        [
                            "--issuer", issuer, "--client-id", Deployment.resourceClientID, "--client-secret-file",
                            names[Deployment.resourceClientID] ?? "", "--upstream", Deployment.upstreamName,
                            "--upstream-issuer", upstreamIssuer,
                        ]
                    )
                )
            case .fastMCP:
                try fact(
                    "resource",
                    try await serve(
                        "fastmcp_server.py",
                        ["--issuer", issuer, "--jwks-uri", issuer + "/.well-known/jwks.json"]
                    )
                )
            }
        let configuration = ClientConfiguration(
            issuer: issuer,
            port: port,
            upstreamIssuer: upstreamIssuer,
            resource: resource,
            otherResource: server == .fastMCP ? "https://other.example/mcp" : nil,
            clientHost: clientHost,
            folder: folder,
            secretFiles: names
        )
        let file = folder.appending(path: "gatehouse.yaml")
        try Data(try configuration.text().utf8).write(to: file)
        let gatehouse = try await GatehouseBinary.serve(configuration: file, issuer: issuer)
        children.append(gatehouse)
        let deployment = ClientDeployment(
            issuer: issuer,
            resource: resource,
            clientHost: clientHost,
            gatehouse: gatehouse,
            options: StoryOptions(
                issuer: issuer,
                resource: resource,
                user: UpstreamUser.alice.subject,
                client_host: clientHost,
                client_key: folder.appending(path: "client.pem").path(),
                issuer_key: folder.appending(path: "issuer.pem").path(),
                upstream_issuer: upstreamIssuer,
                secrets: secrets.mapValues(\.value),
                resource_client: Deployment.resourceClientID,
                redirect_uri: "http://127.0.0.1:33418/callback"
            )
        )
        deployment.secrets.add(secrets.values.map(\.value))
        return deployment
    }
}

/// What must not be found in anything that Gatehouse says.
private final class SecretCollection: Sendable {
    private let secrets = Mutex<Set<String>>([])

    /// Tokens count by their signatures too, which would make tokens of public parts.
    func add(_ more: [String]) {
        secrets.withLock { secrets in
            secrets.formUnion(more)
            secrets.formUnion(more.compactMap { $0.split(separator: ".").last.map(String.init) })
        }
    }

    func expectAbsent(in text: String) {
        let known = secrets.withLock(\.self)
        #expect(known.count > 10)
        #expect(!known.contains { text.contains($0) }, "gatehouse wrote a secret to its output")
    }
}

/// A suite whose tests share one deployment: starting one takes longer than most stories.
struct SharedClientDeployment: SuiteTrait, TestScoping {
    let server: ClientDeployment.ResourceServer

    var isRecursive: Bool { false }

    @concurrent func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await ClientDeployment.run(server) { deployment in
            try await ClientDeployment.$current.withValue(deployment) { try await function() }
        }
    }
}

extension Trait where Self == SharedClientDeployment {
    /// The tests of the suite share one Gatehouse with every kind of client.
    static func clients(before server: ClientDeployment.ResourceServer) -> Self { Self(server: server) }
}
