import AuthorizationServerTesting
import Foundation
import SocketHTTP

/// The server in this process with an upstream like each known provider, and for each an MCP server on the Python SDK.
struct KnownProviderStage {
    let deployment: KnownProviderServer
    /// By upstream.
    let resources: [String: String]
    let stage: Stage

    /// Starts everything, runs `body`, and stops everything, whether `body` throws or not.
    static func run(_ body: (KnownProviderStage) async throws -> Void) async throws {
        try await Stage.run { stage in
            let secret = try stage.write(TestServer.resourceServer.secret + "\n", to: "resource-secret").path()
            let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
            var resources: [String: String] = [:]
            try await KnownProviderServer.run(
                at: reservation,
                serving: { issuer, apis in
                    let upstreams = apis.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                    resources = try await stage.serve(
                        "known_providers_server.py",
                        ["--issuer", issuer, "--client-secret-file", secret] + upstreams
                    )
                    return resources
                },
                { deployment in
                    try await body(
                        KnownProviderStage(deployment: deployment, resources: resources, stage: stage)
                    )
                }
            )
        }
    }

    /// The unmodified SDK at every MCP server as this user, by upstream.
    func story(as user: String) async throws -> [String: KnownProviderReport] {
        let servers = resources.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return try await VirtualEnvironment.mcp2.run(
            "known_providers_story.py",
            ["--user", user] + servers,
            as: [String: KnownProviderReport].self
        )
    }

    /// Runs `gatehouse` as the administrator of the server; returns its standard output.
    func administer(_ arguments: [String]) async throws -> String {
        let token = try stage.write(deployment.server.adminToken, to: "admin-token").path()
        let child = try ChildProcess(
            name: "gatehouse " + arguments.joined(separator: " "),
            executable: GatehouseBinary.url(),
            arguments: arguments + ["--url", deployment.server.managementURL, "--token-file", token],
            input: Data()
        )
        let status = try await child.exitStatus()
        guard status == 0 else { throw HarnessError("\(child.name): \(status)\n\(child.progress.everything)") }
        return String(decoding: child.progress.standardOutput, as: UTF8.self)
    }
}
