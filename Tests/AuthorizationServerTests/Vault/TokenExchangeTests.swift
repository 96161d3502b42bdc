import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

/// RFC 8693 at our token endpoint.
@Suite("Token exchange")
struct TokenExchangeTests {
    @Test("TX-1, VX-1: the answer, member by member")
    func shape() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            server.clock.advance(by: .seconds(100))
            let answer = try await client.exchange(tokens.accessToken)
            #expect(answer.status == 200)
            #expect(answer.header("content-type") == "application/json")
            #expect(answer.header("cache-control") == "no-store")
            #expect(
                answer.json.names == [
                    "access_token", "issued_token_type", "token_type", "expires_in", "scope", "upstream", "account",
                    "obtained_at", "refreshed", "vend_id",
                ]
            )
            #expect(answer["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token")
            #expect(answer["token_type"] == "Bearer")
            #expect(answer.json["expires_in"]?.integerValue == 3500)
            #expect(
                Set((answer["scope"] ?? "").split(separator: " ")) == ["openid", "profile", "email", "offline_access"]
            )
            #expect(answer["upstream"] == "corp")
            #expect(answer.json["account"]?.objectValue?["sub"] == "ada")
            #expect(answer.json["obtained_at"]?.integerValue == Int(server.clock.now().secondsSinceEpoch) - 100)
            #expect(answer.json["refreshed"] == false)
            #expect(answer["vend_id"]?.isEmpty == false)
        }
    }

    @Test("VX-1: the returned token is the user's at the provider, and it works there")
    func theTokenWorks() async throws {
        try await TestServer.run { server in
            for user in ["ada", "grace"] {
                let (client, tokens) = try await server.loggedIn(as: user)
                let upstream = try await client.exchange(tokens.accessToken).accessToken
                let me = try await client.send(
                    "GET",
                    server.provider.url(of: .userInfo),
                    headerFields: [("authorization", "Bearer \(upstream)")]
                )
                #expect(me.status == 200 && me["sub"] == user)
            }
        }
    }

    @Test("VX-1: expires_in is left out when the provider gave none, and nothing is refreshed")
    func withoutExpiry() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = nil
        try await TestServer.run(provider: provider) { server in
            let (client, tokens) = try await server.loggedIn()
            let first = try await client.exchange(tokens.accessToken, ["min_ttl": "3600"])
            #expect(first.status == 200 && first.json["expires_in"] == nil)
            server.clock.advance(by: .seconds(3000))
            let later = try await client.exchange(tokens.accessToken)
            #expect(later["access_token"] == first["access_token"])
            #expect(await server.provider.grantReports().first?.refreshAttemptCount == 0)
        }
    }

    @Test(
        "VX-10: requested_token_type may be left out or be one of two",
        arguments: [
            nil, "urn:ietf:params:oauth:token-type:access_token", "urn:x-gatehouse:token-type:upstream-access-token",
        ]
    )
    func requestedTokenTypes(type: String?) async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let answer = try await client.exchange(tokens.accessToken, ["requested_token_type": type])
            #expect(answer.status == 200)
            #expect(answer["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token")
        }
    }

    @Test(
        "RFC 8693 §2.1: other token types and actors are invalid_request",
        arguments: [
            ["requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"],
            ["requested_token_type": "urn:ietf:params:oauth:token-type:id_token"],
            ["subject_token_type": "urn:ietf:params:oauth:token-type:id_token"],
            ["subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"],
            ["subject_token_type": "access_token"],
            ["actor_token": "x", "actor_token_type": "urn:ietf:params:oauth:token-type:jwt"],
            ["min_ttl": "-1"], ["min_ttl": "soon"], ["min_ttl": "3601"], ["min_ttl": "99999999999999999999"],
        ]
    )
    func invalidRequests(changes: [String: String]) async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let answer = try await client.exchange(tokens.accessToken, changes.mapValues { $0 })
            #expect(answer.isError(400, "invalid_request"))
        }
    }

    @Test("RFC 8693 §3: our access token may be called a jwt; one audience, and no more")
    func typesAndAudiences() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let jwt = "urn:ietf:params:oauth:token-type:jwt"
            #expect(try await client.exchange(tokens.accessToken, ["subject_token_type": jwt]).status == 200)
            let form = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token", try tokens.accessToken), ("subject_token_type", jwt), ("audience", "corp"),
                ("audience", "corp"),
            ]
            let basic = OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
            #expect(try await client.token(form, authorization: basic).isError(400, "invalid_request"))
        }
    }

    @Test("VT-1, D-37: a token for another resource is invalid_target, whichever caller presents it")
    func otherResources() async throws {
        try await TestServer.run {
            TestServer.addSecondResource(&$0)
            $0.resources[1].upstreams = [TestServer.upstream]
        } _: { server in
            let (client, tokens) = try await server.loggedIn()
            let wrongServer = try await client.exchange(
                tokens.accessToken,
                credentials: TestServer.secondResourceServer
            )
            #expect(wrongServer.isError(400, "invalid_target"))
            var toolsClient = client
            toolsClient.resource = TestServer.secondResource
            let toolsTokens = try await toolsClient.tokens(at: server)
            #expect(try await client.exchange(toolsTokens.accessToken).isError(400, "invalid_target"))
            let right = try await client.exchange(
                toolsTokens.accessToken,
                credentials: TestServer.secondResourceServer
            )
            #expect(right.status == 200)
            #expect(try server.auditEvents("upstream_token.refused").count == 2)
        }
    }

    @Test(
        "TX-1: an upstream that is unknown, or not this resource's, is invalid_target",
        arguments: ["github", "Corp", "corp ", "https://corp.example"]
    )
    func unknownUpstreams(audience: String) async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let answer = try await client.exchange(tokens.accessToken, audience: audience)
            #expect(answer.isError(400, "invalid_target"))
        }
    }

    @Test("VX-8: a resource without that upstream gets nothing from it")
    func upstreamOfAnotherResource() async throws {
        try await TestServer.run(configure: TestServer.addSecondResource) { server in
            var client = try await OAuthTestClient.registered(at: server)
            client.resource = TestServer.secondResource
            client.scope = "tools:run"
            let tokens = try await client.tokens(at: server)
            let answer = try await client.exchange(tokens.accessToken, credentials: TestServer.secondResourceServer)
            #expect(answer.isError(400, "invalid_target"))
        }
    }

    @Test("VT-1: the caller proves itself: no credentials, wrong secret, public client, tsid alone")
    func callers() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let token = try tokens.accessToken
            let form = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", token),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("audience", TestServer.upstream),
            ]
            #expect(try await client.token(form).isError(401, "invalid_client"))
            // The access token is no credential of the caller either.
            #expect(try await client.token(form, authorization: "Bearer \(token)").isError(401, "invalid_client"))
            let wrong = try await client.exchange(token, credentials: (TestServer.resourceServer.id, "wrong"))
            #expect(wrong.isError(401, "invalid_client"))
            #expect(try await client.token(form + [("client_id", client.id)]).isError(400, "unauthorized_client"))
            var (web, secret) = try await server.confidentialClient("client_secret_post")
            web.secret = secret
            let asWeb = try await client.token(form + [("client_id", web.id), ("client_secret", secret)])
            #expect(asWeb.isError(400, "unauthorized_client"))
            let tsid = try #require(try DecodedToken(token).claims["tsid"]?.stringValue)
            #expect(try await client.exchange(tsid).isError(400, "invalid_grant"))
        }
    }

    @Test("VT-2, VX-9, D-67: an expired or revoked subject token is invalid_grant")
    func deadTokens() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let claims = try DecodedToken(tokens.accessToken).claims
            let sessionID = try #require(claims["tsid"]?.stringValue.flatMap(SessionID.init))
            _ = try await server.server.stores.sessions.revoke(sessionID).outcome
            #expect(try await client.exchange(tokens.accessToken).isError(400, "invalid_grant"))
            let second = try await client.tokens(at: server)
            server.clock.advance(by: .seconds(3600))
            #expect(try await client.exchange(second.accessToken).isError(400, "invalid_grant"))
        }
    }

    @Test("VX-4: scopes that the connection has are fine, others are interaction_required with missing_scopes")
    func scopes() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            #expect(try await client.exchange(tokens.accessToken, ["scope": "email profile"]).status == 200)
            let missing = try await client.exchange(tokens.accessToken, ["scope": "email repo admin"])
            #expect(missing.isError(400, "interaction_required"))
            #expect(missing["reason"] == "scope_missing")
            #expect(missing["missing_scopes"] == "repo admin")
        }
    }

    @Test("VX-4: an upstream that the user has not connected is interaction_required, reason not_connected")
    func notConnected() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let claims = try DecodedToken(tokens.accessToken).claims
            let userID = try #require(claims["sub"]?.stringValue.flatMap(UserID.init))
            let vault = server.server.stores.vault
            for connection in await vault.connections(of: userID) {
                _ = try await vault.disconnect(connection.id).outcome
            }
            let answer = try await client.exchange(tokens.accessToken)
            #expect(answer.isError(400, "interaction_required"))
            #expect(answer["reason"] == "not_connected")
            let unknownAccount = try await client.exchange(tokens.accessToken, ["account": "somebody-else"])
            #expect(unknownAccount["reason"] == "not_connected")
        }
    }

    @Test("VX-6: account chooses among the user's accounts, and never another user's")
    func accounts() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn(as: "ada")
            _ = try await server.loggedIn(as: "grace")
            #expect(try await client.exchange(tokens.accessToken, ["account": "ada"]).status == 200)
            let other = try await client.exchange(tokens.accessToken, ["account": "grace"])
            #expect(other.isError(400, "interaction_required"))
            #expect(other["reason"] == "not_connected")
        }
    }

    @Test("VX-7: every handing-out and every refusal, without a secret in it")
    func audit() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let answer = try await client.exchange(tokens.accessToken)
            _ = try await client.exchange(tokens.accessToken, ["scope": "repo"])
            _ = try await client.exchange("not-a-token")
            let claims = try DecodedToken(tokens.accessToken).claims
            let events = try server.auditEvents("upstream_token.exchanged")
            #expect(events.count == 2)
            let success = try #require(events.first)
            #expect(success["vend_id"] == answer.json["vend_id"])
            #expect(success["client_id"] == .string(TestServer.resourceServer.id))
            #expect(success["sub"] == claims["sub"] && success["tsid"] == claims["tsid"])
            #expect(success["upstream"] == "corp" && success["account"] == "ada" && success["result"] == "success")
            #expect(success["source"] == "127.0.0.1" && success["refreshed"] == false)
            #expect(success["token_sha256_prefix"]?.stringValue?.utf8.count == 11)
            #expect(events.last?["result"] == "interaction_required" && events.last?["reason"] == "scope_missing")
            let refusal = try #require(try server.auditEvents("upstream_token.refused").first)
            #expect(refusal["client_id"] == .string(TestServer.resourceServer.id))
            #expect(refusal["result"] == "invalid_grant")
            let secrets = [
                try answer.accessToken, try tokens.accessToken, try tokens.refreshToken,
                TestServer.resourceServer.secret,
            ]
            for line in server.auditLog.all + server.log.all {
                for secret in secrets {
                    #expect(!line.contains(secret))
                }
            }
        }
    }
}
