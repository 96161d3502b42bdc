import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("RFC 8693: delegation, in which the user stays the subject and the client becomes the actor")
struct DelegationGrantTests {
    @Test("TX-2: the token for the next resource has the user, the actor, the common scope and a short life")
    func delegated() async throws {
        try await DelegationScene.run { scene in
            let token = try await scene.callersToken()
            let original = try scene.claims(token)
            let answer = try await scene.exchange(token)
            #expect(answer.status == 200 && answer["token_type"] == "Bearer" && answer["refresh_token"] == nil)
            #expect(answer["issued_token_type"] == DelegationScene.accessToken && answer["scope"] == "mcp:read")
            #expect(answer.integer("expires_in") == 900)
            let claims = try scene.claims(answer["access_token"])
            #expect(claims["sub"] == original["sub"] && claims["aud"]?.stringValue == TestServer.secondResource)
            #expect(claims["client_id"]?.stringValue == DelegationScene.first.id && claims["scope"] == "mcp:read")
            #expect(claims["act"] == ["iss": .string(scene.server.issuer), "sub": .string(DelegationScene.first.id)])
            #expect(claims["jti"] != original["jti"] && claims["auth_time"] == original["auth_time"])
            // The second resource may use no upstream, so it gets no handle of the session.
            #expect(claims["tsid"] == nil)
            let introspection = try await scene.server.visitor.introspect(
                try #require(answer["access_token"]),
                as: DelegationScene.second
            )
            #expect(introspection.json["active"] == true && introspection.json["act"] == claims["act"])
            let event = try #require(try scene.server.auditEvents("token.delegated").first)
            #expect(event["act"] == [.string(DelegationScene.first.id)] && event["sub"] == original["sub"])
            // A subject token can be exchanged again, and the first resource still accepts it.
            #expect(try await scene.exchange(token).status == 200)
            #expect(try await scene.server.visitor.introspect(token).json["active"] == true)
        }
    }

    @Test(
        "TX-2: a token without the session's handle is inactive, and cannot be delegated further, once the session ends"
    )
    func endedOrigin() async throws {
        try await DelegationScene.run { scene in
            let (client, tokens) = try await scene.server.loggedIn()
            let token = try #require(tokens["access_token"])
            let first = try #require(try await scene.exchange(token)["access_token"])
            let second = try #require(try await scene.exchange(token)["access_token"])
            let claims = try scene.claims(first)
            let origin = try #require(claims["sealed_tsid"]?.stringValue)
            // Neither the handle nor anything by which two tokens of a session could be linked.
            let other = try scene.claims(second)["sealed_tsid"]?.stringValue
            #expect(claims["tsid"] == nil && origin != other)
            // No upstream token comes of it.
            let retrieval = try await scene.server.visitor.exchange(first, credentials: DelegationScene.second)
            #expect(retrieval.status == 400 && retrieval["access_token"] == nil)
            let visitor = scene.server.visitor
            #expect(try await visitor.introspect(first, as: DelegationScene.second).json["active"] == true)
            #expect(try await client.revoke(try #require(tokens["refresh_token"])).status == 200)
            for delegated in [first, second] {
                let answer = try await visitor.introspect(delegated, as: DelegationScene.second)
                #expect(answer.json == ["active": false])
            }
            let further = try await scene.exchange(first, for: TestServer.resource, as: DelegationScene.second)
            #expect(further.status == 400 && further["access_token"] == nil)
        }
    }

    @Test("TX-2: a delegated token never outlives the one that it was exchanged for")
    func lifetime() async throws {
        try await DelegationScene.run { scene in
            let token = try await scene.callersToken()
            scene.server.clock.advance(by: .seconds(3600 - 100))
            let answer = try await scene.exchange(token)
            #expect(answer.integer("expires_in") == 100)
            let delegated = try #require(answer["access_token"])
            scene.server.clock.advance(by: .seconds(100))
            let later = try await scene.server.visitor.introspect(delegated, as: DelegationScene.second)
            #expect(later.json == ["active": false])
        }
    }

    @Test("TX-2, VT-1: a second hop retrieves what its own entry allows, and the audit names both actors")
    func secondHop() async throws {
        try await DelegationScene.run(configure: { $0.resources[1].upstreams = [TestServer.upstream] }) { scene in
            let token = try await scene.callersToken()
            let delegated = try #require(try await scene.exchange(token)["access_token"])
            let claims = try scene.claims(delegated)
            #expect(try scene.claims(token)["tsid"] == claims["tsid"])
            let retrieval = try await scene.server.visitor.exchange(delegated, credentials: DelegationScene.second)
            #expect(retrieval.status == 200 && retrieval["upstream"] == TestServer.upstream)
            let event = try #require(try scene.server.auditEvents("upstream_token.exchanged").last)
            #expect(event["client_id"]?.stringValue == DelegationScene.second.id)
            #expect(event["act"] == [.string(DelegationScene.first.id)])
            // The first server's credentials are of no use with it, and neither is the handle alone.
            #expect(try await scene.server.visitor.exchange(delegated).isError(400, "invalid_target"))
        }
    }

    @Test("TX-2, D-37: the second resource's own upstreams count, never those of the session's resource")
    func upstreamsOfTheTarget() async throws {
        try await DelegationScene.run(configure: { configuration in
            var other = Configuration.Upstream(name: "other", preset: .github, clientID: "x")
            other.clientSecret = .value(SecretValue("y"))
            configuration.upstreams.append(other)
            configuration.resources[1].upstreams = ["other"]
        }) { scene in
            let delegated = try #require(try await scene.exchange(try await scene.callersToken())["access_token"])
            #expect(try scene.claims(delegated)["tsid"] == nil)
            let retrieval = try await scene.server.visitor.exchange(delegated, credentials: DelegationScene.second)
            #expect(retrieval.status == 400 && retrieval["access_token"] == nil)
        }
    }

    @Test("TX-2: `audience` names the target as `resource` does; a delegated session's end ends the token")
    func audienceAndEnd() async throws {
        try await DelegationScene.run(configure: { $0.resources[1].upstreams = [TestServer.upstream] }) { scene in
            let (client, tokens) = try await scene.server.loggedIn()
            let token = try #require(tokens["access_token"])
            let answer = try await scene.exchange(
                token,
                for: "",
                ["resource": nil, "audience": TestServer.secondResource]
            )
            let delegated = try #require(answer["access_token"])
            _ = try await client.revoke(try #require(tokens["refresh_token"]))
            let after = try await scene.server.visitor.introspect(delegated, as: DelegationScene.second)
            #expect(after.json == ["active": false])
        }
    }

    @Test("TX-2: a delegate client exchanges its own users' tokens, and proves itself by actor_token too")
    func delegateClient() async throws {
        try await DelegationScene.run(configure: { configuration in
            configuration.clients[0].grantTypes = [.authorizationCode, .clientCredentials]
            configuration.clients[0].redirectURIs = ["http://127.0.0.1/callback"]
        }) { scene in
            var client = OAuthTestClient(
                issuer: scene.server.issuer,
                transport: scene.server.transport,
                resource: TestServer.resource
            )
            client.id = DelegationScene.gateway.id
            let browser = TestBrowser(transport: scene.server.transport)
            let code = try #require(try await client.authorize(with: browser, at: scene.server)["code"])
            let basic = OAuthTestClient.basic(DelegationScene.gateway.id, DelegationScene.gateway.secret)
            let tokens = try await client.token(client.redemption(code), authorization: basic)
            let token = try #require(tokens["access_token"])
            let own = try await client.token(
                [("grant_type", "client_credentials"), ("resource", TestServer.resource)],
                authorization: basic
            )
            let proof: [String: String?] = [
                "actor_token": own["access_token"], "actor_token_type": DelegationScene.accessToken,
            ]
            let answer = try await scene.exchange(token, as: DelegationScene.gateway, proof)
            #expect(answer.status == 200)
            #expect(try scene.claims(answer["access_token"])["act"]?.objectValue?["sub"]?.stringValue == "gateway")
            // A token of a user is no proof of the client, and another client's token is none either.
            for wrong in [token, try await scene.callersToken(), "nonsense"] {
                let refusal = try await scene.exchange(
                    token,
                    as: DelegationScene.gateway,
                    ["actor_token": wrong, "actor_token_type": DelegationScene.accessToken]
                )
                #expect(refusal.isError(400, "invalid_grant"))
            }
            // Tokens of other clients are not its to use.
            let foreign = try await scene.exchange(try await scene.callersToken(), as: DelegationScene.gateway)
            #expect(foreign.isError(400, "invalid_grant"))
        }
    }

    @Test("allow: the target's rule is about the user, who did not log in for it", arguments: ["ada", "grace"])
    func access(accepted: String) async throws {
        let rule = ClaimRule.claim("sub", anyOf: [ValuePattern(accepted)])
        try await DelegationScene.run(configure: { $0.resources[1].access = rule }) { scene in
            let answer = try await scene.exchange(try await scene.callersToken())
            #expect(answer.error == (accepted == "ada" ? nil : "invalid_target"))
            #expect((answer["access_token"] != nil) == (accepted == "ada"))
        }
        try await DelegationScene.run(configure: { $0.resources[1].scopeAccess = ["mcp:read": rule] }) { scene in
            let answer = try await scene.exchange(try await scene.callersToken(), ["scope": "mcp:read"])
            #expect(answer.error == (accepted == "ada" ? nil : "invalid_scope"))
        }
    }

    @Test("allow: without the claim in the ID token the user is not known to comply")
    func unknownAccess() async throws {
        let rule = ClaimRule.claim("groups", anyOf: [ValuePattern("staff")])
        try await DelegationScene.run(configure: { $0.resources[1].access = rule }) { scene in
            let answer = try await scene.exchange(try await scene.callersToken())
            #expect(answer.isError(400, "invalid_target") && answer["access_token"] == nil)
        }
    }
}
