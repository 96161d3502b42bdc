import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

@testable import AuthorizationServer

@Suite("RFC 8693: delegations that are refused")
struct DelegationRefusalTests {
    @Test(
        "TX-2, RFC 8693 §2.2.2: a single parameter that is wrong is enough, and the right request still succeeds",
        arguments: [
            (["subject_token": "nonsense"], "invalid_grant"), (["subject_token": nil], "invalid_request"),
            (["subject_token_type": "urn:ietf:params:oauth:token-type:id_token"], "invalid_request"),
            (["subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"], "invalid_request"),
            (["subject_token_type": nil], "invalid_request"), (["resource": TestServer.resource], "invalid_target"),
            (["resource": "https://nowhere.example/mcp"], "invalid_target"),
            (["audience": TestServer.resource], "invalid_target"),
            (["audience": TestServer.upstream], "invalid_target"),
            (["scope": "mcp:read mcp:write"], "invalid_scope"), (["scope": "tools:run"], "invalid_scope"),
            (["scope": "openid"], "invalid_scope"), (["scope": "offline_access"], "invalid_scope"),
            (["requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"], "invalid_request"),
            (["requested_token_type": "urn:x-gatehouse:token-type:upstream-access-token"], "invalid_request"),
            (["actor_token": "nonsense", "actor_token_type": DelegationScene.accessToken], "invalid_grant"),
            (["actor_token": "x"], "invalid_request"),
            (["actor_token_type": DelegationScene.accessToken], "invalid_request"),
        ] as [([String: String?], String)]
    )
    func parameters(changes: [String: String?], error: String) async throws {
        try await DelegationScene.run { scene in
            let token = try await scene.callersToken()
            let refusal = try await scene.exchange(token, changes)
            #expect(refusal.error == error && refusal["access_token"] == nil)
            #expect(try await scene.exchange(token, ["scope": "mcp:read"]).status == 200)
        }
    }

    @Test("D-37, CA-6: another server's token, a wrong secret, and a client that is no delegate")
    func callers() async throws {
        try await DelegationScene.run(configure: { configuration in
            configuration.resources[1].delegationTargets = [TestServer.resource]
            var plain = Configuration.Resource(uri: "https://plain.example/mcp", scopes: ScopeSet(["mcp:read"]))
            plain.clientID = "plain"
            plain.clientSecret = .value(SecretValue("the-plain-servers-own-secret"))
            configuration.resources.append(plain)
        }) { scene in
            let token = try await scene.callersToken()
            let other = try await scene.exchange(token, for: TestServer.resource, as: DelegationScene.second)
            #expect(other.isError(400, "invalid_target"))
            #expect(try await scene.exchange(token, as: (DelegationScene.first.id, "guess")).error == "invalid_client")
            let plain = try await scene.exchange(token, as: ("plain", "the-plain-servers-own-secret"))
            #expect(plain.isError(400, "unauthorized_client"))
            #expect(try scene.server.auditEvents("delegation.refused").count == 2)
            let anonymous = try await scene.server.visitor.token([
                ("grant_type", DelegationScene.grantType), ("subject_token", token),
                ("subject_token_type", DelegationScene.accessToken), ("resource", TestServer.secondResource),
            ])
            #expect(anonymous.status == 401)
        }
    }

    @Test("TX-2: revoked and expired tokens, refresh tokens and a client's own token cannot be exchanged")
    func subjects() async throws {
        try await DelegationScene.run { scene in
            let (client, tokens) = try await scene.server.loggedIn()
            let token = try #require(tokens["access_token"])
            #expect(try await scene.exchange(try #require(tokens["refresh_token"])).isError(400, "invalid_grant"))
            let basic = OAuthTestClient.basic(DelegationScene.gateway.id, DelegationScene.gateway.secret)
            let own = try await client.token(
                [("grant_type", "client_credentials"), ("resource", TestServer.resource)],
                authorization: basic
            )
            let refusal = try await scene.exchange(try #require(own["access_token"]))
            #expect(refusal["error_description"] == "subject_token does not represent a user")
            _ = try await client.revoke(token)
            #expect(try await scene.exchange(token).isError(400, "invalid_grant"))
            let later = try await scene.callersToken()
            scene.server.clock.advance(by: .seconds(3600))
            #expect(try await scene.exchange(later).isError(400, "invalid_grant"))
        }
    }

    @Test("TX-2: services that delegate to each other in a circle are stopped at the first repetition")
    func circle() async throws {
        try await DelegationScene.run { scene in
            let token = try await scene.callersToken()
            let there = try #require(try await scene.exchange(token)["access_token"])
            let back = try await scene.exchange(there, for: TestServer.resource, as: DelegationScene.second)
            let again = try #require(back["access_token"])
            let issuer = JSONValue.string(scene.server.issuer)
            #expect(
                try scene.claims(again)["act"] == [
                    "iss": issuer, "sub": .string(DelegationScene.second.id),
                    "act": ["iss": issuer, "sub": .string(DelegationScene.first.id)],
                ]
            )
            #expect(try await scene.exchange(again).isError(400, "invalid_request"))
        }
    }

    @Test("TX-2: a delegated token is for its resource: no list of connections, no user's data, no other server")
    func confined() async throws {
        try await DelegationScene.run(configure: { $0.resources[1].upstreams = [TestServer.upstream] }) { scene in
            let token = try await scene.callersToken()
            let delegated = try #require(try await scene.exchange(token)["access_token"])
            let bearer = [(name: "authorization", value: "Bearer \(delegated)")]
            let visitor = scene.server.visitor
            #expect(try await visitor.send("GET", "/connections", headerFields: bearer).status == 401)
            #expect(try await visitor.userInfo(delegated).status == 403)
            #expect(try await visitor.introspect(delegated).json == ["active": false])
            #expect(try await visitor.refresh(delegated).status >= 400)
        }
    }

    @Test("RFC 8693 §4.1: chains are at most ten parties deep and 8 KiB long, and malformed ones are refused")
    func chains() throws {
        let party = { (name: String) in ActorChain.Party(issuer: "https://a.example", subject: name) }
        var chain = ActorChain()
        for number in 0..<10 { chain = try chain.adding(party("p\(number)")) }
        #expect(chain.names == (0..<10).reversed().map { "p\($0)" })
        #expect(throws: OAuthError.self) { try chain.adding(party("p10")) }
        #expect(throws: OAuthError.self) { try ActorChain([party("x")]).adding(party("x")) }
        _ = try ActorChain([party("x")]).adding(ActorChain.Party(issuer: "https://b.example", subject: "x"))
        #expect(throws: OAuthError.self) { try ActorChain().adding(party(String(repeating: "x", count: 8192))) }
        #expect(try ActorChain(.object(chain.json), issuer: "https://a.example") == chain)
        #expect(
            try ActorChain(["sub": "x"], issuer: "https://c.example").parties == [
                .init(issuer: "https://c.example", subject: "x")
            ]
        )
        for malformed: JSONValue in [
            "x", [:], ["sub": 7], ["sub": ""], ["sub": "x", "act": "y"], ["sub": "x", "iss": 7], [],
        ] {
            #expect(throws: OAuthError.self) { try ActorChain(malformed, issuer: "https://a.example") }
        }
        let deep = (0..<11).reduce(JSONValue.null) { inner, number in
            inner == .null ? ["sub": "p"] : ["sub": .string("p\(number)"), "act": inner]
        }
        #expect(throws: OAuthError.self) { try ActorChain(deep, issuer: "https://a.example") }
    }

    @Test("TX-2: without a configured target the grant is not offered, and the request goes to the upstreams' grant")
    func notOffered() async throws {
        try await TestServer.run(configure: TestServer.addSecondResource) { server in
            let (client, tokens) = try await server.loggedIn()
            let token = try #require(tokens["access_token"])
            let answer = try await client.exchange(token, audience: TestServer.secondResource)
            #expect(answer.isError(400, "invalid_target"))
        }
    }
}
