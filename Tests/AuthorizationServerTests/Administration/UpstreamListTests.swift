import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("The providers as an operator sees them")
struct UpstreamListTests {
    private static func row(_ scene: OperatorScene) async throws -> JSONObject {
        let rows = try await scene.rows("/admin/upstreams", "upstreams")
        try #require(rows.count == 1 && rows[0]["name"] == "corp")
        return rows[0]
    }

    @Test("one that was not used yet is unused; a login shows that it works, with its endpoints and our client there")
    func working() async throws {
        try await OperatorScene.run { scene in
            let unused = try await Self.row(scene)
            #expect(unused["state"] == "unused" && unused["connections"] == 0 && unused["dead_grants"] == 0)
            #expect(unused["last_success_at"] == nil && unused["last_failure_at"] == nil)
            #expect(unused["kind"] == "oidc" && unused["issuer"] == .string(scene.server.provider.issuer))
            #expect(unused["registration"] == "configured" && unused["login"] == "required")
            _ = try await scene.client.tokens(at: scene.server)
            let row = try await Self.row(scene)
            #expect(row["state"] == "working" && row["connections"] == 1)
            #expect(row["last_success_at"] == .string(scene.server.clock.now().rfc3339))
            #expect(row["endpoints"] == nil)
            let answer = try await scene.ask("GET", "/admin/upstreams/corp")
            let endpoints = try #require(answer.json["endpoints"]?.objectValue)
            #expect(endpoints["token_endpoint"] == .string(scene.server.provider.issuer + "/token"))
            #expect(endpoints["jwks_uri"] == .string(scene.server.provider.issuer + "/jwks"))
            #expect(answer["client_id"] == "gatehouse")
            #expect(answer["redirect_uri"] == scene.server.issuer + "/oauth/callback/corp")
            #expect(answer.json["connections_by_status"] == ["active": 1])
            #expect(!answer.body.contains("upstream-secret-for-tests"))
        }
    }

    @Test("a failed login shows the reason and the time; a later success is the newer news")
    func failing() async throws {
        try await OperatorScene.run { scene in
            scene.server.provider.script(.oauthError("invalid_client", status: 401), on: .token, times: 5)
            let browser = TestBrowser(transport: scene.server.transport)
            let refused = try await scene.client.authorize(with: browser, at: scene.server)
            #expect(refused["code"] == nil)
            let row = try await Self.row(scene)
            #expect(row["state"] == "failing" && row["last_failure"] == "client_refused")
            #expect(row["last_failure_at"] == .string(scene.server.clock.now().rfc3339))
            scene.server.provider.clearScript()
            scene.server.clock.advance(by: .seconds(60))
            _ = try await scene.client.tokens(at: scene.server)
            let later = try await Self.row(scene)
            #expect(later["state"] == "working" && later["last_failure"] == "client_refused")
        }
    }

    @Test("a grant that the provider ended is counted as dead, with the refresh's reason")
    func deadGrants() async throws {
        try await OperatorScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let tokens = try await scene.client.tokens(at: scene.server)
            _ = try await scene.client.tokens(at: scene.server, as: "grace")
            await scene.server.provider.revokeGrants(of: "ada")
            scene.server.clock.advance(by: .seconds(2 * 3600))
            _ = try await scene.client.exchange(try #require(tokens["access_token"]))
            let row = try await Self.row(scene)
            #expect(row["connections"] == 2 && row["dead_grants"] == 1)
            #expect(row["state"] == "failing" && row["last_failure"] == "grant_refused")
        }
    }

    @Test("an unknown name is not found, and nothing is shown without the administrator's token")
    func refused() async throws {
        try await OperatorScene.run { (scene) async throws in
            #expect(try await scene.ask("GET", "/admin/upstreams/other").status == 404)
            for path in ["/admin/upstreams", "/admin/upstreams/corp"] {
                #expect(try await scene.ask("GET", path, token: "wrong").status == 401)
            }
        }
    }
}
