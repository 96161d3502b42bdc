import AuthorizationServer
import AuthorizationServerTesting
import Foundation
import Logging
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import Testing

@Suite("OM-2: on the management socket the kernel says who asks")
struct ManagementSocketTests {
    /// A server with a socket, and with a token only if one is given.
    private static func run(
        token: Bool = false,
        administrators: Set<UInt32>? = nil,
        _ body: (BrowserScene, CurlClient) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "gh-\(UUID().uuidString.prefix(13)).sock")
            .path()
        let client = try CurlClient(
            configuration: .init(proxy: .none, unixSocket: path),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await BrowserScene.run(
            configure: { configuration in
                configuration.management.socket = path
                if !token { configuration.management.adminToken = nil }
            },
            environment: { environment in
                if let administrators { environment.localAdministrators = administrators }
            }
        ) { scene async throws in
            try await body(scene, client)
        }
        await client.shutdown()
    }

    private static func ask(
        _ client: CurlClient,
        _ path: String,
        method: String = "GET",
        fields: [(name: String, value: String)] = []
    ) async throws -> OutboundResponse {
        try await client.send(
            OutboundRequest(
                method: method,
                url: "http://localhost" + path,
                headerFields: fields,
                addressPolicy: .unrestricted
            )
        )
    }

    @Test("the server's own user needs no token there, and over the network there is no administration without one")
    func ownUser() async throws {
        try await Self.run { scene, client in
            let status = try await Self.ask(client, "/admin/status")
            #expect(status.status == 200)
            let health = try await Self.ask(client, "/health/live")
            #expect(health.status == 200)
            let overNetwork = try await scene.client.send("GET", scene.server.managementURL + "/admin/status")
            #expect(overNetwork.status == 404)
            let guess = try await scene.client.send(
                "GET",
                scene.server.managementURL + "/admin/status",
                headerFields: [("authorization", "Bearer x")]
            )
            #expect(guess.status == 404)
        }
    }

    @Test("another user is refused, with and without the right token")
    func otherUser() async throws {
        try await Self.run(token: true, administrators: [geteuid() &+ 4711]) { scene, client in
            for fields in [[], [(name: "authorization", value: "Bearer \(scene.server.adminToken)")]] {
                let refused = try await Self.ask(client, "/admin/status", fields: fields)
                #expect(refused.status == 403)
                let json = try JSONParser.parseObject(refused.body)
                #expect(json["error"]?.stringValue == "access_denied")
            }
            // The token is for the network.
            let right = try await scene.client.send(
                "GET",
                scene.server.managementURL + "/admin/status",
                headerFields: [("authorization", "Bearer \(scene.server.adminToken)")]
            )
            #expect(right.status == 200)
        }
    }

    @Test("the audit trail names the user, and beside it the name that the caller claims")
    func record() async throws {
        try await Self.run { scene, client in
            let plain = try await Self.ask(client, "/admin/snapshot", method: "POST")
            #expect(plain.status == 200)
            let claimed = try await Self.ask(
                client,
                "/admin/vault-key/rotate",
                method: "POST",
                fields: [(name: "x-gatehouse-operator", value: "ada")]
            )
            #expect(claimed.status == 200)
            let actors = try scene.server.auditLog.all.compactMap { line in
                try JSONParser.parseObject(Array(line.utf8))["by"]?.stringValue
            }
            #expect(actors.contains("uid:\(geteuid())"))
            #expect(actors.contains("uid:\(geteuid()):ada"))
            #expect(!actors.contains { $0.hasPrefix("administrator") })
        }
    }

    @Test("what a web page could send is refused there too")
    func webPages() async throws {
        try await Self.run { _, client in
            let page = try await Self.ask(
                client,
                "/admin/status",
                fields: [(name: "origin", value: "https://evil.example")]
            )
            #expect(page.status == 403)
        }
    }

    @Test("a path that is taken by another file prevents the start, also where the address is the default")
    func pathTaken() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "gh-\(UUID().uuidString.prefix(13)).sock")
            .path()
        try Data("kept".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover does no harm
        await #expect(throws: (any Error).self) {
            try await BrowserScene.run(configure: { $0.management.socket = path }) { _ in }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "kept")
    }
}
