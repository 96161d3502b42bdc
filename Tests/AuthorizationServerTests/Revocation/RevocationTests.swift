import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

/// RFC 7009 over HTTP: RV-1, RV-2, D-47.
@Suite("Revocation")
struct RevocationTests {
    private struct Tokens {
        let client: OAuthTestClient
        let access: String
        let refresh: String
    }

    private static func logIn(_ server: TestServer, as user: String = "ada") async throws -> Tokens {
        var client = try await OAuthTestClient.registered(at: server)
        client.scope = "openid mcp:read offline_access"
        let answer = try await client.tokens(at: server, as: user)
        return Tokens(
            client: client,
            access: try #require(answer["access_token"]),
            refresh: try #require(answer["refresh_token"])
        )
    }

    private static func isActive(_ token: String, _ server: TestServer) async throws -> Bool {
        let answer = try await server.visitor.introspect(token)
        try #require(answer.status == 200)
        return answer.json["active"] == true
    }

    /// Every answer to a revocation looks like this.
    private static func expectDone(
        _ answer: OAuthTestClient.Answer,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == 200, sourceLocation: sourceLocation)
        #expect(answer.header("content-length") == "0", sourceLocation: sourceLocation)
        #expect(answer.header("cache-control") == "no-store", sourceLocation: sourceLocation)
    }

    @Test("RV-2: revoking the refresh token ends the family, its access tokens and its way to the vault; nothing else")
    func refreshToken() async throws {
        try await TestServer.run { server in
            let (tokens, other) = (try await Self.logIn(server), try await Self.logIn(server))
            let before = try await tokens.client.exchange(tokens.access)
            #expect(before.status == 200)
            let userInfo = try await tokens.client.userInfo(tokens.access)
            #expect(userInfo.status == 200)
            let refreshed = try await tokens.client.refresh(tokens.refresh)
            let secondAccess = try #require(refreshed["access_token"])
            let successor = try #require(refreshed["refresh_token"])
            Self.expectDone(try await tokens.client.revoke(successor))
            for access in [tokens.access, secondAccess] {
                let active = try await Self.isActive(access, server)
                #expect(!active)
                let exchanged = try await tokens.client.exchange(access)
                #expect(exchanged.status == 400)
                #expect(exchanged.error == "invalid_grant")
                let userInfo = try await tokens.client.userInfo(access)
                #expect(userInfo.status == 401)
            }
            for refresh in [tokens.refresh, successor] {
                let answer = try await tokens.client.refresh(refresh)
                #expect(answer.status == 400)
                #expect(answer.error == "invalid_grant")
            }
            let othersActive = try await Self.isActive(other.access, server)
            #expect(othersActive)
            let othersExchange = try await other.client.exchange(other.access)
            #expect(othersExchange.status == 200)
            let othersRefresh = try await other.client.refresh(other.refresh)
            #expect(othersRefresh.status == 200)
        }
    }

    @Test("RV-2: an older genuine refresh token of the family ends it too")
    func olderRefreshToken() async throws {
        try await TestServer.run { server in
            let tokens = try await Self.logIn(server)
            let refreshed = try await tokens.client.refresh(tokens.refresh)
            Self.expectDone(try await tokens.client.revoke(tokens.refresh))
            let answer = try await tokens.client.refresh(refreshed["refresh_token"] ?? "")
            #expect(answer.error == "invalid_grant")
        }
    }

    @Test("RV-2: revoking an access token ends that one, at once and everywhere; the refresh token lives")
    func accessToken() async throws {
        try await TestServer.run { server in
            let tokens = try await Self.logIn(server)
            let before = try await Self.isActive(tokens.access, server)
            #expect(before)
            Self.expectDone(try await tokens.client.revoke(tokens.access))
            let after = try await Self.isActive(tokens.access, server)
            #expect(!after)
            let exchanged = try await tokens.client.exchange(tokens.access)
            #expect(exchanged.error == "invalid_grant")
            let userInfo = try await tokens.client.userInfo(tokens.access)
            #expect(userInfo.status == 401)
            let refreshed = try await tokens.client.refresh(tokens.refresh)
            #expect(refreshed.status == 200)
            let new = try await Self.isActive(refreshed["access_token"] ?? "", server)
            #expect(new)
        }
    }

    @Test(
        "RV-1: a text that is no live token of ours gets the same answer as a live token",
        arguments: [
            "garbage", "gr_garbage", "a.b.c", "gc_code", "\u{1F511}",
        ]
    )
    func unknownToken(token: String) async throws {
        try await TestServer.run { server in
            let tokens = try await Self.logIn(server)
            Self.expectDone(try await tokens.client.revoke(token))
            // Forged: ours but for the signature.
            Self.expectDone(try await tokens.client.revoke(String(tokens.access.dropLast(8)) + "AAAAAAAA"))
            Self.expectDone(try await tokens.client.revoke(String(tokens.refresh.dropLast(8)) + "AAAAAAAA"))
            let active = try await Self.isActive(tokens.access, server)
            #expect(active)
            Self.expectDone(try await tokens.client.revoke(tokens.refresh))
            Self.expectDone(try await tokens.client.revoke(tokens.refresh))
            server.clock.advance(by: .seconds(3601))
            Self.expectDone(try await tokens.client.revoke(tokens.access))
        }
    }

    @Test(
        "RV-1: a wrong or unknown hint does not matter",
        arguments: ["access_token", "refresh_token", "id_token", "x"]
    )
    func hint(hint: String) async throws {
        try await TestServer.run { server in
            let tokens = try await Self.logIn(server)
            Self.expectDone(try await tokens.client.revoke(tokens.access, [("token_type_hint", hint)]))
            let active = try await Self.isActive(tokens.access, server)
            #expect(!active)
            Self.expectDone(try await tokens.client.revoke(tokens.refresh, [("token_type_hint", hint)]))
            let refreshed = try await tokens.client.refresh(tokens.refresh)
            #expect(refreshed.error == "invalid_grant")
        }
    }

    @Test("D-47: another client's tokens stay valid, the answer does not say so, the audit trail does")
    func foreignToken() async throws {
        try await TestServer.run { server in
            let (victim, attacker) = (try await Self.logIn(server), try await Self.logIn(server, as: "grace"))
            Self.expectDone(try await attacker.client.revoke(victim.refresh))
            Self.expectDone(try await attacker.client.revoke(victim.access))
            let active = try await Self.isActive(victim.access, server)
            #expect(active)
            let refreshed = try await victim.client.refresh(victim.refresh)
            #expect(refreshed.status == 200)
            #expect(server.auditLog.all.count { $0.contains("\"revocation.refused\"") } == 2)
        }
    }

    @Test(
        "RV-1: requests that cannot be answered 200",
        arguments: [
            ([("client_id", "$CLIENT")], 400, "invalid_request"),
            ([("client_id", "$CLIENT"), ("token", "")], 400, "invalid_request"),
            ([("client_id", "$CLIENT"), ("token", "a"), ("token", "b")], 400, "invalid_request"),
            ([("token", "a")], 401, "invalid_client"),
            ([("client_id", "dcr_nobody"), ("token", "a")], 401, "invalid_client"),
            ([("client_id", "$CLIENT"), ("client_secret", "s"), ("token", "a")], 401, "invalid_client"),
            ([("client_id", "$CLIENT"), ("client_id", "$CLIENT"), ("token", "a")], 400, "invalid_request"),
        ]
    )
    func refused(form: [(String, String)], status: Int, error: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let form = form.map { ($0.0, $0.1 == "$CLIENT" ? client.id : $0.1) }
            let answer = try await client.post("/oauth/revoke", form)
            #expect(answer.status == status)
            #expect(answer.error == error)
        }
    }

    @Test("RV-1, CX-1: only POST of a form; open to browsers, never with credentials")
    func surface() async throws {
        try await TestServer.run { server in
            let tokens = try await Self.logIn(server)
            let get = try await tokens.client.send("GET", "/oauth/revoke?token=\(tokens.access)")
            #expect(get.status == 405)
            let json = try await tokens.client.send(
                "POST",
                "/oauth/revoke",
                headerFields: [("content-type", "application/json")],
                body: Array("{}".utf8)
            )
            #expect(json.status == 400)
            let query = try await tokens.client.post(
                "/oauth/revoke?token=\(tokens.access)",
                [("client_id", tokens.client.id)]
            )
            #expect(query.status == 400)
            let preflight = try await tokens.client.send("OPTIONS", "/oauth/revoke")
            #expect(preflight.status == 204)
            let done = try await tokens.client.revoke(tokens.access)
            for answer in [preflight, done] {
                #expect(answer.header("access-control-allow-origin") == "*")
                #expect(answer.header("access-control-allow-credentials") == nil)
            }
        }
    }

    @Test("D-25: a revoked token is in no log and no audit trail")
    func nothingLeaks() async throws {
        try await TestServer.run { server in
            let tokens = try await Self.logIn(server)
            _ = try await tokens.client.revoke(tokens.access)
            _ = try await tokens.client.revoke(tokens.refresh)
            let lines = server.log.all + server.auditLog.all
            #expect(!lines.contains { $0.contains(tokens.access) || $0.contains(tokens.refresh) })
            #expect(server.auditLog.all.contains { $0.contains("\"token.revoked\"") })
            #expect(server.auditLog.all.contains { $0.contains("\"session.revoked\"") })
        }
    }

    @Test(
        "RV-2, ST-5: at the bound of revoked tokens the answer is 503, never a false 200; a session can be ended"
    )
    func bound() async throws {
        let key = try TestClientKey("batch")
        try await TestServer.run(
            configure: { $0.clients = [AssertionScene.client(key)] },
            environment: { $0.storeLimits.revokedAccessTokensMax = 1 }
        ) { server in
            let (first, second) = (try await Self.logIn(server), try await Self.logIn(server))
            Self.expectDone(try await first.client.revoke(first.access))
            let own = try await server.visitor.token(
                AssertionScene.credentialsForm + key.form(at: server, tokenID: "1")
            )
            let token = try #require(own["access_token"])
            let form = try [("token", token)] + key.form(at: server, tokenID: "2")
            let refused = try await server.visitor.post("/oauth/revoke", form)
            #expect(refused.status == 503)
            #expect(refused.header("retry-after") != nil)
            #expect(try await Self.isActive(token, server))
            // Ending a session adds no entry to the table: its tokens are invalid with it.
            Self.expectDone(try await second.client.revoke(second.access))
            #expect(try await !Self.isActive(second.access, server))
            #expect(try await second.client.refresh(second.refresh).error == "invalid_grant")
            #expect(server.auditLog.all.contains { $0.contains("\"session.revoked\"") })
        }
    }

    @Test("D-80, RV-2: a client that refreshes and revokes in a loop ends its session and stops no other revocation")
    func loop() async throws {
        try await TestServer.run(
            environment: {
                $0.storeLimits.revokedAccessTokensPerSessionMax = 2
                $0.storeLimits.revokedAccessTokensMax = 4
            }
        ) { server in
            let (greedy, honest) = (try await Self.logIn(server), try await Self.logIn(server))
            var refreshToken = greedy.refresh
            for _ in 0..<2 {
                let answer = try await greedy.client.refresh(refreshToken)
                refreshToken = try #require(answer["refresh_token"])
                Self.expectDone(try await greedy.client.revoke(try #require(answer["access_token"])))
                #expect(try await Self.isActive(greedy.access, server))
            }
            let last = try await greedy.client.refresh(refreshToken)
            Self.expectDone(try await greedy.client.revoke(try #require(last["access_token"])))
            for token in [try #require(last["access_token"]), greedy.access] {
                #expect(try await !Self.isActive(token, server))
            }
            #expect(try await greedy.client.refresh(try #require(last["refresh_token"])).error == "invalid_grant")
            Self.expectDone(try await honest.client.revoke(honest.access))
            #expect(try await !Self.isActive(honest.access, server))
            #expect(try await honest.client.refresh(honest.refresh).status == 200)
        }
    }
}
