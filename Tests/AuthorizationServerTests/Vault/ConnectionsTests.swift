import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OutboundHTTP
import ServerConfiguration
import Testing

@Suite("Connections as users and administrators see and end them")
struct ConnectionsTests {
    @Test("a user lists upstream, account, scope, status and times, and no token")
    func list() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let vended = try #require(try await scene.exchange(token, ["corp"])["access_token"])
            let answer = try await scene.connections(token)
            #expect(answer.status == 200 && answer.header("cache-control") == "no-store")
            #expect(answer.header("access-control-allow-origin") == nil)
            let list = try #require(answer.json["connections"]?.arrayValue).compactMap(\.objectValue)
            #expect(list.compactMap { $0["upstream"]?.stringValue } == ["corp", "files"])
            let corp = list[0]
            #expect(corp["status"]?.stringValue == "active")
            #expect(corp["account"]?.objectValue?["sub"]?.stringValue == "ada")
            #expect(corp["scope"]?.stringValue?.contains("offline_access") ?? false)
            #expect(corp["last_use"] != nil && list[1]["last_use"] == nil)
            #expect(corp["last_refresh"] == nil)
            let text = String(decoding: answer.json.serialized(), as: UTF8.self)
            #expect(!text.contains(vended) && !text.contains("_token\""))
        }
    }

    @Test(
        "a caller without a token, or with one that is not ours, gets no answer",
        arguments: ["", "Bearer x.y.z", "Basic YTpi"]
    )
    func unauthorized(authorization: String) async throws {
        try await VaultScene.run { scene in
            let fields = authorization.isEmpty ? [] : [(name: "authorization", value: authorization)]
            for (method, path) in [("GET", "/connections"), ("DELETE", "/connections/cn_AAAAAAAAAAAAAAAAAAAAAA")] {
                let answer = try await scene.client.send(method, path, headerFields: fields)
                #expect(answer.status == 401)
                #expect(answer.header("www-authenticate")?.hasPrefix("Bearer") ?? false)
            }
        }
    }

    @Test("a token sees and ends only what its own resource may retrieve")
    func boundToTheResource() async throws {
        try await VaultScene.run(
            configure: { configuration in
                var other = Configuration.Resource(
                    uri: "https://other.example.com/mcp",
                    scopes: configuration.resources[0].scopes
                )
                other.upstreams = ["corp"]
                configuration.resources.append(other)
            }
        ) { scene in
            let token = try await scene.accessToken()
            let files = try await scene.connection("files", of: token)
            var client = scene.client
            client.resource = "https://other.example.com/mcp"
            let other = VaultScene(server: scene.server, files: scene.files, client: client)
            let foreign = try await other.accessToken()
            let list = try await other.connections(foreign)
            #expect(list.json["connections"]?.arrayValue?.count == 1)
            let answer = try await scene.disconnect(files.id.text, foreign)
            #expect(answer.status == 404)
            #expect(await scene.server.server.stores.vault.connection(files.id) != nil)
        }
    }

    @Test("disconnect erases here and revokes at the provider, and says both")
    func disconnect() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            let answer = try await scene.disconnect(connection.id.text, token)
            #expect(answer.status == 200)
            #expect(answer.json["erased"] == true && answer["provider"] == "revoked")
            #expect(scene.corp.requestCount(on: .revocation) == 2)
            #expect(await scene.corp.grantReports().map(\.revocation) == [.client])
            #expect(try await scene.exchange(token, ["corp"])["reason"] == "not_connected")
            #expect(try await scene.connections(token).json["missing"] == ["corp"])
            #expect(try await scene.disconnect(connection.id.text, token).status == 404)
            #expect(scene.server.auditLog.all.contains { $0.contains("connection.disconnected") })
        }
    }

    @Test("VX-11: a provider that does not answer is reported, and the tokens are erased all the same")
    func disconnectWithoutProvider() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            scene.corp.script(.unavailable, on: .revocation, times: 10)
            let answer = try await scene.disconnect(connection.id.text, token)
            #expect(answer.status == 200)
            #expect(answer.json["erased"] == true && answer["provider"] == "failed")
            #expect(await scene.server.server.stores.vault.connection(connection.id) == nil)
        }
    }

    @Test("another user’s connection gets the same answer as one that does not exist")
    func foreignConnection() async throws {
        try await VaultScene.run { scene in
            let ada = try await scene.accessToken()
            let connection = try await scene.connection(of: ada)
            let grace = try await scene.accessToken(as: "grace")
            #expect(try await scene.disconnect(connection.id.text, grace).status == 404)
            #expect(try await scene.disconnect("cn_AAAAAAAAAAAAAAAAAAAAAA", grace).status == 404)
            #expect(try await scene.disconnect("nonsense", grace).status == 404)
            #expect(try await scene.exchange(ada, ["corp"]).status == 200)
            #expect(scene.corp.requestCount(on: .revocation) == 0)
        }
    }

    @Test("a refresh that is under way when the user disconnects brings nothing back, and what it got is revoked")
    func disconnectDuringRefresh() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            scene.clock.advance(by: .seconds(2 * 3600))
            let gate = ResponseGate()
            scene.corp.script(.holdResponse(gate), on: .token)
            async let pending = scene.exchange(token, ["corp"])
            await scene.corp.waitForRequests(2, on: .token)
            #expect(try await scene.disconnect(connection.id.text, token).status == 200)
            gate.open()
            #expect(try await pending.error == "interaction_required")
            #expect(await scene.server.server.stores.vault.connection(connection.id) == nil)
            #expect(await scene.corp.grantReports().map(\.revocation) == [.client])
            #expect(scene.corp.requestCount(on: .revocation) == 4)
        }
    }

    @Test("VT-2: a token that is still good is not handed out either when its connection ended during the refresh")
    func disconnectDuringFailingRefresh() async throws {
        try await VaultScene.run(configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) }) { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            // Due, and good for another minute: a provider that fails takes nothing away that is good.
            scene.clock.advance(by: .seconds(3550))
            let gate = ResponseGate()
            scene.corp.script(.hold(gate), on: .token)
            async let pending = scene.exchange(token, ["corp"])
            await scene.corp.waitForRequests(2, on: .token)
            #expect(try await scene.disconnect(connection.id.text, token).status == 200)
            // The grant is revoked by now: the provider answers `invalid_grant`.
            gate.open()
            let answer = try await pending
            #expect(answer.error == "interaction_required" && answer["reason"] == "not_connected")
            #expect(answer["access_token"] == nil)
        }
    }

    @Test("administrators list and end every user’s connections, and other callers do not")
    func administration() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            let path = scene.server.managementURL + "/admin/users/\(connection.userID.text)/connections"
            let bearer = [(name: "authorization", value: "Bearer admin-token-for-tests")]
            #expect(try await scene.client.send("GET", path).status == 401)
            #expect(
                try await scene.client.send("GET", path, headerFields: [("authorization", "Bearer " + token)]).status
                    == 401
            )
            let answer = try await scene.client.send("GET", path, headerFields: bearer)
            #expect(answer.status == 200 && answer["name"] == "Ada Lovelace")
            #expect(answer.json["connections"]?.arrayValue?.count == 2)
            let unknown = scene.server.managementURL + "/admin/users/u_AAAAAAAAAAAAAAAAAAAAAA/connections"
            #expect(try await scene.client.send("GET", unknown, headerFields: bearer).status == 404)
            let end = scene.server.managementURL + "/admin/connections/\(connection.id.text)"
            #expect(try await scene.client.send("DELETE", end).status == 401)
            let ended = try await scene.client.send("DELETE", end, headerFields: bearer)
            #expect(ended.status == 200 && ended["provider"] == "revoked")
            #expect(try await scene.client.send("DELETE", end, headerFields: bearer).status == 404)
        }
    }

    @Test("S-05: without the scope connections a token shows upstream and status only, and ends nothing")
    func withoutScope() async throws {
        try await VaultScene.run { scene in
            let owner = try await scene.accessToken()
            let connection = try await scene.connection(of: owner)
            // Another client of the same user, with less authority.
            var client = try await OAuthTestClient.registered(at: scene.server)
            client.scope = "mcp:read offline_access"
            let other = VaultScene(server: scene.server, files: scene.files, client: client)
            let token = try await other.accessToken()
            let list = try await other.connections(token)
            #expect(list.status == 200 && list.json["missing"] == [])
            let connections = try #require(list.json["connections"]?.arrayValue).compactMap(\.objectValue)
            #expect(connections.map(\.names) == [["upstream", "status"], ["upstream", "status"]])
            let answer = try await other.disconnect(connection.id.text, token)
            #expect(answer.isError(403, "insufficient_scope"))
            let challenge = answer.header("www-authenticate") ?? ""
            #expect(challenge == "Bearer error=\"insufficient_scope\", scope=\"connections\"")
            // The answer does not reveal whether the connection exists.
            #expect(try await other.disconnect("cn_AAAAAAAAAAAAAAAAAAAAAA", token).status == 403)
            #expect(try await scene.exchange(owner, ["corp"]).status == 200)
            #expect(scene.corp.requestCount(on: .revocation) == 0)
            // A client ends its own use by revoking its session; the other client's goes on.
            #expect(try await client.revoke(token).status == 200)
            #expect(try await other.connections(token).status == 401)
            #expect(try await scene.exchange(owner, ["corp"]).status == 200)
        }
    }

    @Test("S-05: a token that was narrowed by its client has not the authority of the session")
    func narrowed() async throws {
        try await VaultScene.run { scene in
            let login = try await scene.logIn()
            let refreshToken = try #require(login["refresh_token"])
            let narrow = try await scene.client.token([
                ("grant_type", "refresh_token"), ("refresh_token", refreshToken), ("client_id", scene.client.id),
                ("scope", "mcp:read"),
            ])
            let token = try #require(narrow["access_token"])
            #expect(try await scene.connections(token).json["connections"]?.arrayValue?.count == 2)
            #expect(try await scene.disconnect("cn_AAAAAAAAAAAAAAAAAAAAAA", token).status == 403)
        }
    }

    @Test("S-05: the consent page says what the scope permits; it is granted on request only, and only if configured")
    func granting() async throws {
        try await VaultScene.run { scene in
            let browser = scene.browser()
            let asked = try await browser.get(scene.client.authorizationURL())
            #expect(asked.text.contains("disconnect them for all applications <code>connections</code>"))
            for scope in ["mcp:read", nil] {
                let page = try await browser.get(scene.client.authorizationURL(["scope": scope]))
                #expect(!page.text.contains("<code>connections</code>"))
            }
        }
        try await VaultScene.run(configure: { $0.scopes = ScopeSet(["mcp:read", "mcp:write", "offline_access"]) }) {
            scene in
            let page = try await scene.browser().get(scene.client.authorizationURL())
            #expect(!page.text.contains("<code>connections</code>"))
            let token = try await scene.accessToken()
            #expect(try await scene.disconnect("cn_AAAAAAAAAAAAAAAAAAAAAA", token).status == 403)
        }
    }
}
