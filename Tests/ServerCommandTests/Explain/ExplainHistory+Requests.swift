import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

/// Requests of clients and resource servers that were refused, by the client or by the request.
extension ExplainHistory {
    static let requests = [
        Self("code-expired", why: "redeemed a code", remedy: "the user starts the login again") { scene in
            let browser = scene.browser()
            let code = try #require(try await scene.client.authorize(with: browser, at: scene.server)["code"])
            scene.server.clock.advance(by: .seconds(601))
            _ = try await scene.client.redeem(code)
            return scene.client.id
        },
        Self("code-wrong-verifier", why: "without its code_verifier", remedy: "verifier of each login") { scene in
            let browser = scene.browser()
            let code = try #require(try await scene.client.authorize(with: browser, at: scene.server)["code"])
            _ = try await scene.client.redeem(code, ["code_verifier": String(repeating: "w", count: 43)])
            return scene.client.id
        },
        Self("code-unknown", why: "that this server does not know", remedy: "starts the login again") { scene in
            _ = try await scene.client.redeem("gc_unknown")
            return scene.client.id
        },
        Self(
            "client-secret-wrong",
            why: "client batch presented a wrong secret",
            remedy: "compare the client's secret",
            configure: { configuration in
                var client = Configuration.Client(clientID: "batch")
                client.grantTypes = [.clientCredentials]
                client.tokenEndpointAuthMethod = .clientSecretBasic
                client.clientSecret = .value(SecretValue("the-secret-of-the-batch-client"))
                configuration.clients = [client]
            }
        ) { scene in
            let wrong = scene.basic("batch", "another-secret-of-the-batch-client")
            _ = try await scene.client.token([("grant_type", "client_credentials")], authorization: wrong)
            return "batch"
        },
        Self("subject-token-wrong", why: "presented for retrieval was refused", remedy: "not expired") { scene in
            _ = try await scene.client.exchange("not-an-access-token")
            return "mcp-server"
        },
        Self(
            "registration-token-wrong",
            why: "wrong initial access token",
            remedy: "present token",
            configure: { $0.registration.initialAccessToken = .value(SecretValue("the-token-of-registrations")) }
        ) { scene in
            _ = try await scene.client.send(
                "POST",
                "/oauth/register",
                headerFields: [("authorization", "Bearer wrong"), ("content-type", "application/json")],
                body: (["redirect_uris": ["http://127.0.0.1/callback"]] as JSONObject).serialized()
            )
            return try scene.reference(of: "registration.token_wrong")
        },
    ]
}

extension ExplainScene {
    /// The value of an Authorization header.
    func basic(_ id: String, _ secret: String) -> String { "Basic " + Base64.encode(Array("\(id):\(secret)".utf8)) }

    /// Another public client that registered itself.
    func anotherClient() async throws -> OAuthTestClient { try await OAuthTestClient.registered(at: server) }

    /// A login that fails at the provider; the reference of its page.
    func failedLogin() async throws -> String {
        let answer = try await client.authorize(with: browser(), at: server)
        try #require(answer["code"] == nil)
        return try reference(of: "upstream.login_failed")
    }
}
