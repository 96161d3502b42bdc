import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import Testing

@Suite("Operators block users, clients and hosts")
struct BlockVerbTests {
    private static func block(_ scene: OperatorScene, _ kind: String, _ value: String) async throws {
        let answer = try await scene.ask("POST", "/admin/block", [("kind", kind), ("value", value)])
        #expect(answer.status == 200, "\(kind)")
    }

    private static func unblock(_ scene: OperatorScene, _ kind: String, _ value: String) async throws {
        let answer = try await scene.ask("POST", "/admin/unblock", [("kind", kind), ("value", value)])
        #expect(answer.status == 200, "\(kind)")
    }

    @Test("a blocked user's sessions end and no login succeeds; unblocking revives nothing")
    func user() async throws {
        try await OperatorScene.run { scene in
            let tokens = try await scene.client.tokens(at: scene.server)
            let sub = try scene.subject(tokens)
            let vault = scene.server.server.stores.vault
            let user = try #require(UserID(sub))
            let epoch = try #require(await vault.user(user)?.loginEpoch)
            try await Self.block(scene, "user", sub)
            // Every browser that was signed in has an older epoch, and is asked to sign in.
            #expect(await vault.user(user)?.loginEpoch != epoch)
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").error == "invalid_grant")
            let browser = TestBrowser(transport: scene.server.transport)
            let refused = try await scene.client.authorize(with: browser, at: scene.server)
            #expect(refused["error"] == "access_denied" && refused["code"] == nil)
            #expect(try await scene.client.tokens(at: scene.server, as: "grace").status == 200)
            #expect(try await scene.rows("/admin/blocks", "blocks").count == 1)
            try await Self.unblock(scene, "user", sub)
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").error == "invalid_grant")
            #expect(try await scene.client.tokens(at: scene.server).status == 200)
            #expect(scene.events("administration.blocked").count == 1)
            #expect(scene.events("administration.unblocked").count == 1)
        }
    }

    @Test("a blocked client neither refreshes nor authorizes")
    func client() async throws {
        try await OperatorScene.run { scene in
            let tokens = try await scene.client.tokens(at: scene.server)
            try await Self.block(scene, "client", scene.client.id)
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").error == "invalid_client")
            let browser = TestBrowser(transport: scene.server.transport)
            #expect(try await browser.get(scene.client.authorizationURL()).status == 400)
            try await Self.unblock(scene, "client", scene.client.id)
            #expect(try await scene.client.tokens(at: scene.server).status == 200)
        }
    }

    @Test("no code goes to a blocked host, and no client registers for it")
    func redirectHost() async throws {
        try await OperatorScene.run { scene in
            let metadata: JSONObject = [
                "redirect_uris": ["https://evil.example/cb"], "token_endpoint_auth_method": "none",
            ]
            var client = scene.client
            let registered = try await client.register(metadata)
            #expect(registered.status == 201)
            client.id = registered["client_id"] ?? ""
            client.redirectURI = "https://evil.example/cb"
            let browser = TestBrowser(transport: scene.server.transport)
            #expect(try await browser.get(client.authorizationURL()).status == 200)
            try await Self.block(scene, "redirect_host", "evil.example")
            #expect(try await browser.get(client.authorizationURL()).status == 400)
            #expect(try await client.register(metadata).status == 503)
            #expect(try await scene.client.tokens(at: scene.server).status == 200)
        }
    }

    @Test("registration pauses and resumes, while registered clients continue")
    func registration() async throws {
        try await OperatorScene.run { scene in
            try await Self.block(scene, "registration", "")
            #expect(try await scene.client.register(["redirect_uris": ["http://127.0.0.1/cb"]]).status == 503)
            #expect(try await scene.client.tokens(at: scene.server).status == 200)
            try await Self.unblock(scene, "registration", "")
            #expect(try await scene.client.register(["redirect_uris": ["http://127.0.0.1/cb"]]).status == 201)
        }
    }

    @Test("a party that cannot be blocked is refused, and one that is not blocked cannot be unblocked")
    func refusals() async throws {
        try await OperatorScene.run { scene in
            let forms: [[(String, String)]] = [
                [], [("kind", "user")], [("kind", "user"), ("value", "ada")], [("kind", "x"), ("value", "y")],
            ]
            for form in forms {
                #expect(try await scene.ask("POST", "/admin/block", form).status == 400, "\(form)")
            }
            let absent = try await scene.ask("POST", "/admin/unblock", [("kind", "client"), ("value", "x")])
            #expect(absent.status == 404)
        }
    }
}
