import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("CA-6: token, revocation and introspection endpoints treat clients alike")
struct ClientRequestTests {
    private static let paths = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"]

    @Test("TK-12: Basic that cannot be read is challenged as Basic", arguments: paths)
    func unreadableBasic(path: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let form = [("grant_type", "client_credentials"), ("token", "x")]
            for header in ["Basic", "Basic !!!", "basic YQ", "BASIC OnM="] {
                let answer = try await client.post(path, form, authorization: header)
                #expect(answer.isError(401, "invalid_client"), "\(header)")
                #expect(answer.header("www-authenticate")?.hasPrefix("Basic ") == true, "\(header)")
            }
            let post = try await client.post(path, form + [("client_id", "x"), ("client_secret", "y")])
            #expect(post.isError(401, "invalid_client"))
            #expect(post.header("www-authenticate") == nil)
        }
    }

    @Test("D-9: no parameter may be repeated, known or not, but resource and audience", arguments: paths)
    func repetition(path: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let credentials = TestServer.resourceServer
            let authorization = OAuthTestClient.basic(credentials.id, credentials.secret)
            let form = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("token", "x"), ("audience", "corp"),
            ]
            for name in ["token", "token_type_hint", "grant_type", "scope", "client_id", "foo"] {
                let pair = name == "client_id" ? credentials.id : "x"
                let answer = try await client.post(
                    path,
                    form + [(name, pair), (name, pair)],
                    authorization: authorization
                )
                #expect(answer.isError(400, "invalid_request"), "\(name)")
            }
            for name in ["resource", "audience"] {
                let repeated = [(name, TestServer.resource), (name, TestServer.resource)]
                let answer = try await client.post(path, form + repeated, authorization: authorization)
                #expect(path == "/oauth/token" || answer.status == 200, "\(name)")
            }
        }
    }
}
