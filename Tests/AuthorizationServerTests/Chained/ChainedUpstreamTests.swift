import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("type: chained: tokens of a foreign authorization server by identity assertions (ID-JAG, RFC 8693, RFC 7523)")
struct ChainedUpstreamTests {
    @Test("the user is asked nothing: the login's ID token is exchanged, and the assertion redeemed")
    func wholeWay() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            let answer = try await scene.retrieve(token)
            #expect(answer.status == 200 && answer["upstream"] == "wiki" && answer["scope"] == "mcp:read")
            #expect(answer.json["expires_in"]?.integerValue ?? 0 > 0)
            let seen = try await scene.introspect(try answer.accessToken)
            #expect(seen.json["active"] == true && seen["aud"] == ChainedScene.resource)
            #expect(seen["client_id"] == AssertionProvider.client.id)
            let own = try await scene.introspect(token)
            #expect(own.json["active"] == false)
            let form = try #require(scene.provider.exchanges.first)
            #expect(form.values("requested_token_type") == [AssertionProvider.assertionType])
            #expect(form.values("audience") == [scene.foreign.issuer])
            #expect(form.values("resource") == [ChainedScene.resource] && form.values("scope") == ["mcp:read"])
            #expect(form.values("subject_token_type") == ["urn:ietf:params:oauth:token-type:id_token"])
            let idToken = try CompactJWS(parsing: try #require(form.values("subject_token").first))
            #expect(try JSONParser.parseObject(idToken.payload)["iss"] == .string(scene.gateway.provider.issuer))
            // It is kept: the next retrieval asks no user, and a request by the resource's URL means the same.
            let again = try await scene.retrieve(token)
            let byURL = try await scene.retrieve(token, ["audience": nil, "resource": ChainedScene.resource])
            #expect(try again.accessToken == answer.accessToken && byURL.accessToken == answer.accessToken)
            #expect(scene.provider.exchanges.count == 1 && scene.provider.redemptions == 1)
            let events = try scene.gateway.auditEvents("upstream_token.exchanged")
            #expect(events.count == 3 && events.allSatisfy { $0["upstream"] == "wiki" })
        }
    }

    @Test("after its end a new one is obtained, with an ID token that a refresh has brought")
    func expiry() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            let first = try await scene.retrieve(token)
            scene.gateway.clock.advance(by: .seconds(2 * 3600))
            let second = try await scene.retrieve(token)
            #expect(second.status == 200 && second.json["refreshed"] == true)
            #expect(try first.accessToken != second.accessToken)
            let seen = try await scene.introspect(try second.accessToken)
            #expect(seen.json["active"] == true)
            let forms = scene.provider.exchanges
            try #require(forms.count == 2)
            #expect(forms[0].values("subject_token") != forms[1].values("subject_token"))
        }
    }

    @Test("simultaneous retrievals cause one exchange")
    func together() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 { group.addTask { try await scene.retrieve(token).accessToken } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(tokens.count == 1 && scene.provider.exchanges.count == 1)
        }
    }

    @Test("a dead login at the identity provider: the user is sent there, and a token that is kept is not returned")
    func deadLogin() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            #expect(try await scene.retrieve(token).status == 200)
            let vault = scene.gateway.server.stores.vault
            let all = await vault.connections(after: nil, limit: 100)
            let connection = try #require(all.first { $0.upstream == "corp" })
            scene.gateway.clock.advance(by: .seconds(700))
            scene.gateway.provider.script(.invalidGrant, on: .token)
            _ = try await scene.report(token)
            // The ID token has ended, so the connection is refreshed, and the provider says that it is dead.
            let refused = try await scene.retrieve(token)
            #expect(refused.error == "interaction_required" && refused["reason"] == "reauth_required")
            #expect(await vault.connection(connection.id)?.status == .reauthorizationRequired)
            let uri = try #require(refused["connect_uri"])
            let page = try await TestBrowser(transport: scene.gateway.transport).get(uri)
            #expect(page.text.contains("corp") && !page.text.contains("wiki"))
            #expect(scene.provider.exchanges.count == 1)
        }
    }

    @Test(
        "an ID token that the provider refuses is replaced once; then the user has to log in, and the connection stays"
    )
    func refusedIDToken() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            scene.provider.answer(.error("invalid_grant"))
            let refused = try await scene.retrieve(token)
            #expect(refused.error == "interaction_required" && refused["reason"] == "reauth_required")
            #expect(refused["connect_uri"] != nil && scene.provider.exchanges.count == 2)
            #expect(scene.provider.redemptions == 0)
            let events = try scene.gateway.auditEvents("upstream.refresh_failed")
            #expect(events.count == 1 && events.first?["upstream"] == "wiki")
            let own = try await scene.client.exchange(token, audience: "corp")
            #expect(own.status == 200)
            scene.provider.answer(.assertion())
            #expect(try await scene.retrieve(token).status == 200)
        }
    }

    /// A reply of the identity provider, and the error that a resource server gets for it.
    private static let failures: [(AssertionProvider.Reply, String)] = [
        (.error("access_denied"), "access_denied"), (.error("invalid_target"), "server_error"),
        (.error("invalid_client", status: 401), "server_error"),
        (.error("server_error", status: 503), "temporarily_unavailable"), (.lost, "temporarily_unavailable"),
        // What would be given away to the foreign server is not sent: another kind of token, or one for another server.
        (.assertion(issuedType: "urn:ietf:params:oauth:token-type:access_token"), "temporarily_unavailable"),
        (.assertion(type: "JWT"), "temporarily_unavailable"),
        (.assertion(type: "at+jwt"), "temporarily_unavailable"),
        (.assertion(claims: ["aud": "https://other.example"]), "temporarily_unavailable"),
        (.assertion(claims: ["aud": nil]), "temporarily_unavailable"),
        (.assertion(claims: ["aud": ["https://other.example", "https://a.example"]]), "temporarily_unavailable"),
    ]

    @Test("what the identity provider answers in place of a good assertion goes nowhere", arguments: failures.indices)
    func failure(index: Int) async throws {
        let (reply, error) = Self.failures[index]
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            scene.provider.answer(reply)
            let refused = try await scene.retrieve(token)
            #expect(refused.error == error, "\(reply) \(refused.status)")
            #expect(scene.provider.redemptions == 0)
            #expect(try scene.gateway.auditEvents("upstream.refresh_failed").count == 1)
        }
    }

    @Test("a provider that is unavailable does not invalidate a token that has not ended")
    func unavailable() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            let first = try await scene.retrieve(token)
            let life = try #require(first.json["expires_in"]?.integerValue)
            scene.provider.answer(.lost)
            // Due for another one.
            scene.gateway.clock.advance(by: .seconds(life - 30))
            let second = try await scene.retrieve(token)
            #expect(second.status == 200 && second.json["refreshed"] == false)
            #expect(try second.accessToken == first.accessToken)
            scene.gateway.clock.advance(by: .seconds(31))
            #expect(try await scene.retrieve(token).error == "temporarily_unavailable")
        }
    }

    @Test("the foreign server refuses: a user it does not accept has to log in again, a wrong client is the operator's")
    func foreignRefusal() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            scene.provider.answer(.assertion(claims: ["client_id": "another"]))
            let refused = try await scene.retrieve(token)
            #expect(refused.error == "interaction_required" && refused["reason"] == "reauth_required")
            #expect(scene.provider.redemptions == 1)
        }
        try await ChainedScene.run(upstream: {
            $0.clientSecret = .value(SecretValue("not-the-gateways-own-long-secret"))
        }) { scene in
            let token = try await scene.accessToken()
            #expect(try await scene.retrieve(token).error == "server_error")
        }
    }

    @Test("scopes that the foreign server does not grant are an error that no login could mend")
    func scopes() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            let refused = try await scene.retrieve(token, ["scope": "mcp:write"])
            #expect(refused.error == "invalid_scope" && refused["connect_uri"] == nil)
            #expect(try await scene.retrieve(token, ["scope": "mcp:read"]).status == 200)
        }
    }

    @Test("VR-12: a token that the API refuses is replaced; a report about another one changes nothing")
    func report() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            let first = try await scene.retrieve(token).accessToken
            let other = try await scene.report(token, [("token_sha256", "another")])
            #expect(other["status"] == "superseded")
            let kept = try await scene.retrieve(token).accessToken
            #expect(kept == first)
            let hash = Base64URL.encode(SHA256.hash(first).bytes)
            let meant = try await scene.report(token, [("token_sha256", hash)])
            #expect(meant["status"] == "refresh_pending")
            let second = try await scene.retrieve(token).accessToken
            #expect(second != first && scene.provider.exchanges.count == 2)
        }
    }

    @Test("no page offers to connect it, no administrator deposits tokens for it, and its tokens are stored nowhere")
    func notConnectable() async throws {
        try await ChainedScene.run { scene in
            let token = try await scene.accessToken()
            let foreignToken = try await scene.retrieve(token).accessToken
            let vault = scene.gateway.server.stores.vault
            let all = await vault.connections(after: nil, limit: 100)
            #expect(all.map(\.upstream) == ["corp"])
            let user = try #require(all.first?.userID)
            let path = scene.gateway.managementURL + "/admin/users/\(user.text)/connections"
            let fields = [("authorization", "Bearer " + scene.gateway.adminToken)]
            let listing = try await scene.client.send("GET", path, headerFields: fields)
            #expect(listing.status == 200 && !listing.body.contains("wiki"))
            let deposit = try await scene.client.send("PUT", path + "/wiki", headerFields: fields)
            #expect(deposit.status == 404)
            #expect(!scene.gateway.auditLog.all.contains { $0.contains(foreignToken) })
        }
    }
}
