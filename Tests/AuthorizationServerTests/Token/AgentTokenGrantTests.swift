import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

/// Agent tokens: made by a client or on the page, exchanged for short access tokens, confined and ended.
@Suite("Agent tokens")
struct AgentTokenGrantTests {
    private static let grant = "urn:gatehouse:grant-type:agent-token"

    private static func run(_ body: (VaultScene) async throws -> Void) async throws {
        try await VaultScene.run(configure: { configuration in
            configuration.agents.isEnabled = true
            configuration.tokens.accessTokenLifetime = .seconds(86_400)
            configuration.scopes = configuration.scopes.union(ScopeSet([ScopeSet.agents]))
        }) { scene in
            var scene = scene
            scene.client.scope = "mcp:read mcp:write offline_access agents connections"
            try await body(scene)
        }
    }

    private static func api(
        _ scene: VaultScene,
        _ method: String,
        _ token: String?,
        _ path: String = "/agents",
        _ body: JSONObject? = nil
    ) async throws -> OAuthTestClient.Answer {
        var fields: [(name: String, value: String)] = []
        if let token { fields.append((name: "authorization", value: "Bearer \(token)")) }
        if body != nil { fields.append((name: "content-type", value: "application/json")) }
        return try await scene.client.send(method, path, headerFields: fields, body: body?.serialized() ?? [])
    }

    private static func exchange(
        _ scene: VaultScene,
        _ token: String,
        _ extra: [(String, String)] = []
    ) async throws -> OAuthTestClient.Answer {
        try await scene.server.visitor.token([("grant_type", grant), ("agent_token", token)] + extra)
    }

    @Test("an agent gets short access tokens of the user, retrieves the upstreams it was given, and no others")
    func confined() async throws {
        try await Self.run { scene in
            let access = try await scene.accessToken()
            let made = try await Self.api(
                scene,
                "POST",
                access,
                "/agents",
                ["name": "nightly", "scope": "mcp:read", "upstreams": ["corp"], "expires_in": 86_400]
            )
            #expect(made.status == 201 && made["scope"] == "mcp:read" && made.header("cache-control") == "no-store")
            let token = try #require(made["agent_token"])
            #expect(token.hasPrefix("gat_") && token.utf8.count == 76)
            scene.clock.advance(by: .seconds(1))
            let answer = try await Self.exchange(scene, token)
            #expect(answer.status == 200 && answer.integer("expires_in") == 600 && answer["refresh_token"] == nil)
            let agents = try #require(answer["access_token"])
            let claims = try OpenIDScene.claims(ofAccessToken: agents)
            #expect(claims["sub"] == (try OpenIDScene.claims(ofAccessToken: access))["sub"])
            #expect(claims["tsid"] != (try OpenIDScene.claims(ofAccessToken: access))["tsid"])
            #expect(claims["client_id"]?.stringValue?.hasPrefix("agent_") == true)
            #expect(try await scene.exchange(agents, ["corp"]).status == 200)
            #expect(try await scene.exchange(agents, ["files"])["access_token"] == nil)
            // It makes no further agents, and lists none.
            #expect(try await Self.api(scene, "GET", agents).status == 401)
            let listed = try await Self.api(scene, "GET", access)
            #expect(listed.status == 200 && listed.json.serialized().count > 20)
            let text = String(decoding: listed.json.serialized(), as: UTF8.self)
            #expect(text.contains("nightly") && text.contains("last_used_at") && !text.contains("gat_"))
        }
    }

    @Test("an agent ends with its parent, by its maker, by the user on the page and by an operator")
    func ends() async throws {
        try await Self.run { scene in
            let tokens = try await scene.logIn()
            let access = try #require(tokens["access_token"])
            func make() async throws -> (id: String, token: String) {
                let made = try await Self.api(scene, "POST", access, "/agents", ["name": "a"])
                return (try #require(made["id"]), try #require(made["agent_token"]))
            }
            let first = try await make()
            let own = try #require(try await Self.exchange(scene, first.token)["access_token"])
            #expect(try await Self.api(scene, "DELETE", access, "/agents/" + first.id).status == 204)
            #expect(try await Self.api(scene, "DELETE", access, "/agents/" + first.id).status == 404)
            #expect(try await Self.exchange(scene, first.token).error == "invalid_grant")
            #expect(try await scene.client.introspect(own).json["active"] == false)

            let second = try await make()
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            #expect(page.text.contains("End this") && !page.text.contains("gat_"))
            #expect(try await scene.press("agent_end", second.id, on: page, browser).status == 200)
            #expect(try await Self.exchange(scene, second.token).error == "invalid_grant")

            let third = try await make()
            let ended = try await scene.client.send(
                "DELETE",
                scene.server.managementURL + "/admin/sessions/" + third.id,
                headerFields: [("authorization", "Bearer admin-token-for-tests")]
            )
            #expect(ended.status == 200)
            #expect(try await Self.exchange(scene, third.token).error == "invalid_grant")

            let fourth = try await make()
            let live = try #require(try await Self.exchange(scene, fourth.token)["access_token"])
            #expect(try await scene.client.revoke(try #require(tokens["refresh_token"])).status == 200)
            #expect(try await Self.exchange(scene, fourth.token).error == "invalid_grant")
            #expect(try await scene.client.introspect(live).json["active"] == false)
        }
    }

    @Test("a user makes an agent on the page; its token is shown once and works after the page's login has ended")
    func page() async throws {
        try await Self.run { scene in
            _ = try await scene.accessToken()
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            let form =
                page.hiddenFields.map { ($0.key, $0.value) } + [
                    ("agent_make", "yes"), ("agent_name", "backup"), ("agent_resource", TestServer.resource),
                    ("agent_scope", "mcp:read"), ("agent_upstream", "corp"), ("agent_days", "7"),
                ]
            let action = try #require(page.formAction)
            let shown = try await browser.post(action, form: form)
            #expect(shown.status == 200)
            let token = try #require(shown.text.firstMatch(of: /gat_[0-9a-f]{72}/)).output
            #expect(try await Self.exchange(scene, String(token)).status == 200)
            #expect(!(try await scene.connectionsPage(browser)).text.contains("gat_"))
            let foreign = try await browser.post(action, form: form, headerFields: [("sec-fetch-site", "cross-site")])
            #expect(foreign.status == 403)
            for change in [("agent_days", "365"), ("agent_scope", "openid"), ("agent_resource", "https://x.example")] {
                let bad = form.filter { $0.0 != change.0 } + [change]
                #expect(try await browser.post(action, form: bad).status == 400, "\(change)")
            }
            scene.clock.advance(by: .seconds(7 * 86_400))
            #expect(try await Self.exchange(scene, String(token)).error == "invalid_grant")
        }
    }

    @Test("a request beyond its maker's authority, and a malformed one, makes no agent")
    func refusedOrders() async throws {
        try await Self.run { scene in
            let access = try await scene.accessToken()
            let bad: [(JSONObject, Int)] = [
                ([:], 400), (["name": ""], 400), (["name": 1], 400), (["name": "a", "scope": "openid"], 400),
                (["name": "a", "scope": "agents"], 400), (["name": "a", "upstreams": ["other"]], 400),
                (["name": "a", "expires_in": 0], 400), (["name": "a", "expires_in": 1_000_000_000], 400),
                (["name": "a", "resource": "https://mcp.example.com/mcp"], 400),
                (["name": .string(String(repeating: "n", count: 65))], 400),
            ]
            for (body, status) in bad {
                #expect(try await Self.api(scene, "POST", access, "/agents", body).status == status, "\(body)")
            }
            #expect(try await Self.api(scene, "POST", nil, "/agents", ["name": "a"]).status == 401)
            var plain = scene
            plain.client.scope = "mcp:read"
            let weak = try await plain.accessToken()
            let answer = try await Self.api(scene, "POST", weak, "/agents", ["name": "a"])
            #expect(answer.status == 403 && answer.error == "insufficient_scope")
        }
    }

    @Test("a wrong, mistyped or foreign credential gets nothing, and neither does more than was given")
    func refusedExchanges() async throws {
        try await Self.run { scene in
            let access = try await scene.accessToken()
            let made = try await Self.api(scene, "POST", access, "/agents", ["name": "a", "scope": "mcp:read"])
            let token = try #require(made["agent_token"])
            let unknown = AgentToken(random: SystemRandomSource())
            #expect(unknown.isWellFormed)
            for wrong in [
                "gat_", "x", String(token.dropLast()), token + "0", token.uppercased(), access, unknown.wireValue,
            ] {
                #expect(try await Self.exchange(scene, wrong).error == "invalid_grant", "\(wrong.prefix(8))")
            }
            #expect(try await Self.exchange(scene, token, [("scope", "mcp:write")]).error == "invalid_scope")
            #expect(
                try await Self.exchange(scene, token, [("resource", "https://x.example/")]).error == "invalid_target"
            )
            #expect(try await Self.exchange(scene, token, [("agent_token", token)]).error == "invalid_request")
            #expect(try await scene.client.introspect(token).json["active"] == false)
        }
    }

    @Test("an agent keeps its account when its user connects another and makes it the default, and reports no other")
    func keepsItsAccount() async throws {
        try await Self.run { scene in
            let browser = scene.browser()
            let access = try await scene.accessToken(browser)
            let made = try await Self.api(scene, "POST", access, "/agents", ["name": "a", "upstreams": ["files"]])
            let token = try #require(made["agent_token"])
            let agents = try #require(try await Self.exchange(scene, token)["access_token"])
            let first = try await scene.exchange(agents, ["files"])
            #expect(first.status == 200)
            let start = try await scene.press("connect", "files", on: try await scene.signIn(browser), browser)
            let end = try await scene.walk(start, browser, atFiles: "grace")
            #expect(end.text.contains("files is connected"))
            let vault = scene.server.server.stores.vault
            let userID = try await scene.connection("files", of: access).userID
            let all = await vault.connections(of: userID).filter { $0.upstream == "files" }
            try #require(all.count == 2)
            let page = try await scene.connectionsPage(browser)
            #expect(try await scene.press("default", all[1].id.text, on: page, browser).status == 303)
            #expect(try await scene.exchange(agents, ["files"])["access_token"] == first["access_token"])
            let other = try await scene.exchange(agents, ["files"], [("account", all[1].account)])
            #expect(other["access_token"] == nil)
            #expect(try await scene.report(agents, "corp").status != 200)
            scene.clock.advance(by: .seconds(61))
            #expect(try await scene.report(agents, "files").status == 200)
            #expect(await vault.connection(all[1].id)?.isReportedInvalid == false)
        }
    }

    @Test("VR-9: an agent ends when the provider ended what its session needs, whichever accounts it was given")
    func endedByProvider() async throws {
        try await Self.run { scene in
            let access = try await scene.accessToken()
            func make(_ upstream: String) async throws -> String {
                let body: JSONObject = ["name": .string(upstream), "upstreams": [.string(upstream)]]
                let made = try await Self.api(scene, "POST", access, "/agents", body)
                return try #require(made["agent_token"])
            }
            let (own, sibling) = (try await make("corp"), try await make("files"))
            await scene.corp.revokeGrants(of: "ada")
            scene.clock.advance(by: .seconds(2 * 3600))
            #expect(try await scene.exchange(access, ["corp"]).isError(400, "interaction_required"))
            for token in [own, sibling] {
                for _ in 0..<2 {
                    #expect(try await Self.exchange(scene, token).isError(400, "invalid_grant"))
                }
            }
            let events = try scene.server.auditEvents("session.ended_upstream")
            let causes = events.filter { $0["upstream"] == "corp" && $0["reason"] == "invalid_grant" }
            #expect(events.count == 2 && causes.count == 2)
        }
    }

    @Test("VR-9: an agent goes on when the provider has trouble, and when its user connects again in time")
    func mendedInTime() async throws {
        try await Self.run { scene in
            let access = try await scene.accessToken()
            let made = try await Self.api(scene, "POST", access, "/agents", ["name": "a"])
            let token = try #require(made["agent_token"])
            scene.clock.advance(by: .seconds(2 * 3600))
            scene.corp.script(.unavailable, on: .token)
            #expect(try await scene.exchange(access, ["corp"]).status != 200)
            #expect(try await Self.exchange(scene, token).status == 200)
            await scene.corp.revokeGrants(of: "ada")
            scene.clock.advance(by: .seconds(2 * 3600))
            #expect(try await scene.exchange(access, ["corp"]).isError(400, "interaction_required"))
            _ = try await scene.logIn()
            #expect(try await Self.exchange(scene, token).status == 200)
        }
    }

    @Test("an agent has no more scope than the token that makes it, however much the session has")
    func scopesOfTheToken() async throws {
        try await Self.run { scene in
            let tokens = try await scene.logIn()
            let refreshed = try await scene.client.token([
                ("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"] ?? ""),
                ("client_id", scene.client.id), ("scope", "mcp:read agents"),
            ])
            let narrow = try #require(refreshed["access_token"])
            let made = try await Self.api(scene, "POST", narrow, "/agents", ["name": "a"])
            #expect(made.status == 201 && made["scope"] == "mcp:read")
            let more = try await Self.api(scene, "POST", narrow, "/agents", ["name": "b", "scope": "mcp:write"])
            #expect(more.status == 400 && more.error == "invalid_scope")
        }
    }

    @Test("a scope that the resource no longer has is not issued to an agent")
    func removedScope() async throws {
        try await Self.run { scene in
            let access = try await scene.accessToken()
            let subject = try #require(try OpenIDScene.claims(ofAccessToken: access)["sub"]?.stringValue)
            let user = try #require(UserID(subject))
            let now = scene.clock.now()
            for (number, scopes, issued) in [
                (UInt64(1), ["mcp:read", "mcp:gone"], "mcp:read" as String?), (2, ["mcp:gone"], nil),
            ] {
                let token = AgentToken(random: SystemRandomSource())
                let session = Session(
                    id: SessionID(value: Bits128(number)),
                    userID: user,
                    clientID: "agent_\(number)",
                    scopes: ScopeSet(scopes),
                    resource: TestServer.resource,
                    connections: [],
                    authenticatedAt: nil,
                    absoluteExpiry: now + .seconds(3600),
                    idleExpiry: now + .seconds(3600),
                    generation: 0,
                    rotatedAt: now,
                    agent: AgentGrant(name: "a", tokenHash: token.hash, parent: nil, maker: nil, createdAt: now)
                )
                _ = try await scene.server.server.stores.sessions.startAgent(session, now: now).outcome
                #expect(try await Self.exchange(scene, token.wireValue)["scope"] == issued)
                let gone = try await Self.exchange(scene, token.wireValue, [("scope", "mcp:gone")])
                #expect(gone.error == "invalid_scope")
            }
        }
    }

    @Test("unless the operator enables it there is no grant, no endpoint and no form")
    func notOffered() async throws {
        try await VaultScene.run { scene in
            let access = try await scene.accessToken()
            #expect(try await Self.api(scene, "POST", access, "/agents", ["name": "a"]).status == 404)
            #expect(try await Self.exchange(scene, "gat_").error == "unsupported_grant_type")
            let page = try await scene.signIn(scene.browser())
            #expect(!page.text.contains("agent_make"))
        }
    }
}
