import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("TK-13: an operator's secret works with clients that percent-encode Basic and with those that do not")
struct OperatorSecretTests {
    private func encoded(_ text: String) -> String {
        PercentEncoding.encode(text)
    }

    @Test(
        "TK-13: a right secret is accepted in both spellings, a wrong one in neither",
        arguments: [
            ("batch", "a+b"), ("batch", "100%25"), ("batch", "50%ab+c%2B"), ("a+b", "plain"), ("a%2Bb", "x%41+"),
        ]
    )
    func spellings(id: String, secret: String) async throws {
        func configure(_ configuration: inout Configuration) {
            var client = Configuration.Client(clientID: id)
            client.tokenEndpointAuthMethod = .clientSecretBasic
            client.clientSecret = .value(SecretValue(secret))
            client.grantTypes = [.clientCredentials]
            configuration.clients = [client]
        }
        try await TestServer.run(configure: configure) { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let form = [("grant_type", "client_credentials"), ("scope", "mcp:read")]
            func status(_ id: String, _ secret: String) async throws -> Int {
                try await client.token(form, authorization: OAuthTestClient.basic(id, secret)).status
            }
            let plain = try await status(id, secret)
            #expect(plain == 200)
            #expect(try await status(encoded(id), encoded(secret)) == 200)
            #expect(try await status(id, secret + "x") == 401)
            #expect(try await status(encoded(id), encoded(secret + "x")) == 401)
            #expect(try await status(id + "x", secret) == 401)
        }
    }
}
