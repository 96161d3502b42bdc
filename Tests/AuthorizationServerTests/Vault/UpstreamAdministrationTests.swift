import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OutboundHTTP
import Testing

@Suite("N-4: every connection of one upstream, listed and ended by the administrator")
struct UpstreamAdministrationTests {
    private static func ask(
        _ server: TestServer,
        _ path: String,
        _ method: String = "GET",
        token: String? = "admin-token-for-tests"
    ) async throws -> OAuthTestClient.Answer {
        let client = OAuthTestClient(issuer: server.managementURL, transport: server.transport, resource: nil)
        let fields = token.map { [(name: "Authorization", value: "Bearer " + $0)] } ?? []
        return try await client.send(method, path, headerFields: fields)
    }

    private static func users(_ answer: OAuthTestClient.Answer) -> [String] {
        answer.json["connections"]?.arrayValue?.compactMap { $0.objectValue?["user"]?.stringValue } ?? []
    }

    @Test("N-4: listing goes by pages and has no token; ending spares other upstreams and revokes at the provider")
    func incident() async throws {
        try await VaultScene.run { scene in
            let ada = try await scene.logIn(as: "ada")
            _ = try await scene.logIn(as: "grace")
            let server = scene.server
            let all = try await Self.ask(server, "/admin/upstreams/corp/connections")
            #expect(all.status == 200 && Self.users(all).count == 2 && all.json["next"] == nil)
            let token = try await scene.client.exchange(ada["access_token"] ?? "", audience: "corp")["access_token"]
            #expect(!String(decoding: all.json.serialized(), as: UTF8.self).contains(try #require(token)))
            let first = try await Self.ask(server, "/admin/upstreams/corp/connections?limit=1")
            let next = try #require(first["next"])
            let second = try await Self.ask(server, "/admin/upstreams/corp/connections?limit=1&after=\(next)")
            #expect(Self.users(first) + Self.users(second) == Self.users(all) && second.json["next"] == nil)

            let ended = try await Self.ask(server, "/admin/upstreams/corp/connections", "DELETE")
            #expect(ended.status == 200 && ended.integer("ended") == 2 && ended.json["remaining"] == false)
            #expect(Self.users(try await Self.ask(server, "/admin/upstreams/corp/connections")).isEmpty)
            #expect(Self.users(try await Self.ask(server, "/admin/upstreams/files/connections")).count == 2)
            let refused = try await scene.client.exchange(ada["access_token"] ?? "", audience: "corp")
            #expect(refused.status == 400)
            #expect(try await scene.client.exchange(ada["access_token"] ?? "", audience: "files").status == 200)
            await server.server.performMaintenance()
            #expect(!scene.corp.capturedRequests(on: .revocation).isEmpty)
            #expect(scene.files.capturedRequests(on: .revocation).isEmpty)
            #expect(try server.auditEvents("connection.disconnected").count == 2)
        }
    }

    @Test("N-4: only the administrator may, and a name without connections is an empty list")
    func refusals() async throws {
        try await TestServer.run { (server) async throws in
            for method in ["GET", "DELETE"] {
                let path = "/admin/upstreams/corp/connections"
                #expect(try await Self.ask(server, path, method, token: nil).status == 401)
                #expect(try await Self.ask(server, path, method, token: "guess").status == 401)
            }
            #expect(Self.users(try await Self.ask(server, "/admin/upstreams/missing/connections")).isEmpty)
            #expect(try await Self.ask(server, "/admin/upstreams/missing/connections", "DELETE").integer("ended") == 0)
            for query in ["limit=0", "limit=1001", "limit=x", "after=x", "limit=1&limit=2", "after=cn_x"] {
                #expect(
                    try await Self.ask(server, "/admin/upstreams/corp/connections?" + query).status == 400,
                    "\(query)"
                )
            }
        }
    }
}
