import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// RFC 7591 §3 and the operator's rules for it: initial access tokens (CR-10), clients that must be confidential.
@Suite("Registration by the operator's rules")
struct RegistrationPolicyTests {
    private static let token = "initial-access-token-of-the-tests"
    private static let metadata: JSONObject = [
        "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
    ]

    @Test(
        "CR-10: without the initial access token registration is 401 invalid_token",
        arguments: [
            nil, "Bearer wrong", "Bearer ", "Basic \(token)", token, "Bearer \(token) x", "Bearer \(token)x",
        ] as [String?]
    )
    func withoutToken(authorization: String?) async throws {
        try await TestServer.run(configure: { configuration in
            configuration.registration.initialAccessToken = .value(SecretValue(Self.token))
        }) { server in
            var fields = [(name: "content-type", value: "application/json")]
            if let authorization { fields.append(("authorization", authorization)) }
            let body = Self.metadata.serialized()
            let refused = try await server.visitor.send("POST", "/oauth/register", headerFields: fields, body: body)
            #expect(refused.status == 401)
            #expect(refused.error == "invalid_token")
            #expect(refused.header("www-authenticate")?.hasPrefix("Bearer") == true)
            #expect(refused["client_id"] == nil)
            fields = [fields[0], ("authorization", "bearer \(Self.token)")]
            let accepted = try await server.visitor.send("POST", "/oauth/register", headerFields: fields, body: body)
            #expect(accepted.status == 201)
        }
    }

    @Test("CR-1, CR-14: a client with a listed redirect gets a secret though it asked for none, and needs it")
    func forcedConfidential() async throws {
        let redirect = "https://www.perplexity.ai/rest/connections/oauth_callback"
        try await TestServer.run(configure: { configuration in
            configuration.registration.forceConfidentialRedirects = [redirect]
        }) { server in
            var client = server.visitor
            client.redirectURI = redirect
            let registration = try await client.register([
                "client_name": "Perplexity", "redirect_uris": [.string(redirect)], "token_endpoint_auth_method": "none",
            ])
            #expect(registration.status == 201)
            #expect(registration["token_endpoint_auth_method"] == "client_secret_post")
            client.id = registration["client_id"] ?? ""
            let secret = try #require(registration["client_secret"])
            let browser = TestBrowser(transport: server.transport)
            let code = try await client.authorize(with: browser, at: server)["code"] ?? ""
            let unproven = try await client.redeem(code)
            #expect(unproven.status == 401)
            client.secret = secret
            let tokens = try await client.redeem(code)
            #expect(tokens.status == 200)
            let others = try await client.register(Self.metadata)
            #expect(others["client_secret"] == nil)
        }
    }

    @Test("CR-14: a listed redirect excludes redirects at which another application can listen")
    func mixedRedirects() async throws {
        try await TestServer.run(configure: { configuration in
            configuration.registration.forceConfidentialRedirects = ["https://client.example/callback"]
        }) { server in
            let answer = try await server.visitor.register([
                "redirect_uris": ["https://client.example/callback", "http://127.0.0.1/callback"]
            ])
            #expect(answer.status == 400)
            #expect(answer.error == "invalid_redirect_uri")
        }
    }
}
