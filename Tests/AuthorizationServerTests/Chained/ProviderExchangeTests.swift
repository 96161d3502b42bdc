import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("exchange: token_exchange: a token of the same provider with another audience (RFC 8693)")
struct ProviderExchangeTests {
    private static let accessTokenType = "urn:ietf:params:oauth:token-type:access_token"

    private static func upstream(
        _ change: (inout Configuration.Upstream) -> Void = { _ in }
    ) -> Configuration.Upstream {
        var upstream = ExchangeProvider.upstream(.tokenExchange)
        upstream.machine.audience = "billing"
        upstream.scopes = ["invoices:read"]
        change(&upstream)
        return upstream
    }

    @Test("the sealed access token is presented by our client there; the result is kept")
    func accessToken() async throws {
        try await ExchangeProvider.run(Self.upstream { $0.server.resource = "https://billing.example/v1" }) {
            (scene, provider) in
            let token = try await scene.accessToken()
            let own = try await scene.exchange(token, ["corp"])
            let answer = try await scene.exchange(token, ["api"])
            #expect(answer.status == 200 && answer["access_token"] == "exchanged-token-1", "\(answer.body)")
            #expect(answer["scope"] == "invoices:read" && answer["upstream"] == "api")
            let form = try #require(provider.exchanges.first)
            #expect(form.values("subject_token") == [try own.accessToken])
            #expect(form.values("subject_token_type") == [Self.accessTokenType])
            #expect(form.values("requested_token_type") == [Self.accessTokenType])
            #expect(form.values("audience") == ["billing"] && form.values("scope") == ["invoices:read"])
            #expect(form.values("resource") == ["https://billing.example/v1"])
            let address = try #require(provider.addresses.first)
            #expect(address.url == scene.corp.issuer + "/token")
            let basic = "Basic " + Base64.encode(Array("gatehouse:upstream-secret-for-tests".utf8))
            #expect(address.authorization == basic)
            #expect(try await scene.exchange(token, ["api"])["access_token"] == "exchanged-token-1")
            #expect(provider.exchanges.count == 1)
            let vault = scene.server.server.stores.vault
            let all = await vault.connections(after: nil, limit: 100)
            #expect(all.map(\.upstream) == ["corp"])
        }
    }

    @Test("the ID token, where that is configured, and another client with it")
    func idToken() async throws {
        let upstream = Self.upstream {
            $0.chain.subject = .idToken
            $0.clientID = "another"
            $0.clientSecret = .value(SecretValue("the-other-clients-long-secret"))
        }
        try await ExchangeProvider.run(upstream) { scene, provider in
            let token = try await scene.accessToken()
            #expect(try await scene.exchange(token, ["api"]).status == 200)
            let form = try #require(provider.exchanges.first)
            #expect(form.values("subject_token_type") == ["urn:ietf:params:oauth:token-type:id_token"])
            let jws = try CompactJWS(parsing: try #require(form.values("subject_token").first))
            #expect(try JSONParser.parseObject(jws.payload)["iss"] == .string(scene.corp.issuer))
            let basic = "Basic " + Base64.encode(Array("another:the-other-clients-long-secret".utf8))
            #expect(provider.addresses.first?.authorization == basic)
        }
    }

    @Test("a token that has ended is refreshed first; one that the provider refuses is refreshed once")
    func refreshes() async throws {
        try await ExchangeProvider.run(Self.upstream()) { scene, provider in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            #expect(try await scene.exchange(token, ["api"]).status == 200)
            #expect(scene.refreshCount(scene.corp) == 1)
        }
        // RFC 8693 §2.2.2: that the subject token is not accepted is `invalid_request`.
        for code in ["invalid_request", "invalid_grant"] {
            try await ExchangeProvider.run(Self.upstream()) { scene, provider in
                let token = try await scene.accessToken()
                scene.clock.advance(by: .seconds(120))
                provider.answer(.answer(status: 400, ["error": .string(code)]), .token())
                let answer = try await scene.exchange(token, ["api"])
                #expect(answer["access_token"] == "exchanged-token-2", "\(answer.body)")
                #expect(scene.refreshCount(scene.corp) == 1)
                let tokens = provider.exchanges.map { $0.values("subject_token") }
                #expect(tokens.count == 2 && tokens[0] != tokens[1])
            }
        }
    }

    /// A reply of the identity provider, and the error that a resource server gets for it.
    private static let failures: [(ExchangeProvider.Reply, String)] = [
        (.answer(status: 400, ["error": "invalid_target"]), "server_error"),
        (.answer(status: 400, ["error": "invalid_request"]), "server_error"),
        (.answer(status: 401, ["error": "invalid_client"]), "server_error"),
        (.answer(status: 400, ["error": "invalid_grant"]), "interaction_required"),
        (.answer(status: 403, ["error": "access_denied"]), "access_denied"),
        (.answer(status: 503, [:]), "temporarily_unavailable"), (.lost, "temporarily_unavailable"),
        // What is no access token, or no bearer token, is not returned as one.
        (.token(["issued_token_type": "urn:ietf:params:oauth:token-type:id_token"]), "temporarily_unavailable"),
        (.token(["issued_token_type": "urn:ietf:params:oauth:token-type:refresh_token"]), "temporarily_unavailable"),
        (.token(["token_type": "N_A"]), "temporarily_unavailable"),
        (.token(["access_token": nil]), "temporarily_unavailable"),
    ]

    @Test("what the provider answers in place of a token", arguments: failures.indices)
    func failure(index: Int) async throws {
        let (reply, error) = Self.failures[index]
        try await ExchangeProvider.run(Self.upstream()) { scene, provider in
            let token = try await scene.accessToken()
            provider.answer(reply)
            let refused = try await scene.exchange(token, ["api"])
            #expect(refused.error == error && refused["access_token"] == nil, "\(refused.status) \(refused.body)")
            #expect((refused["connect_uri"] != nil) == (error == "interaction_required"))
            // The connection to the provider itself remains good.
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
        }
    }

    @Test("a user who is not connected to the provider, or whose connection has ended, gets none, also no kept one")
    func endedConnection() async throws {
        try await ExchangeProvider.run(Self.upstream()) { scene, provider in
            let token = try await scene.accessToken()
            #expect(try await scene.exchange(token, ["api"]).status == 200)
            let connection = try await scene.connection(of: token)
            let vault = scene.server.server.stores.vault
            _ = try await vault.mark(
                connection.id,
                version: connection.version,
                .reauthorizationRequired,
                reason: "test"
            ).outcome
            let refused = try await scene.exchange(token, ["api"])
            #expect(refused.error == "interaction_required" && refused["reason"] == "reauth_required")
            #expect(provider.exchanges.count == 1)
        }
    }
}
