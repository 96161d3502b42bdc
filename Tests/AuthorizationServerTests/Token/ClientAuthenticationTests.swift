import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// RFC 6749 §2.3 at the token endpoint: TK-12…15, CA-6, D-42, D-43.
@Suite("Client authentication")
struct ClientAuthenticationTests {
    private static let grant = [("grant_type", "refresh_token"), ("refresh_token", "x")]

    @Test("TK-12…14: Basic, with and without the same client_id in the body, as the SDKs send it")
    func basic() async throws {
        try await TestServer.run { server in
            let (client, secret) = try await server.confidentialClient("client_secret_basic")
            let header = OAuthTestClient.basic(client.id, secret)
            let code = try await server.issuedCode(for: client)
            let tokens = try await client.token(client.redemption(code), authorization: header)
            #expect(tokens.status == 200)
            let refresh = [("grant_type", "refresh_token"), ("refresh_token", try tokens.refreshToken)]
            #expect(try await client.token(refresh, authorization: header).status == 200)
            // RFC 9110 §11.1: the scheme has no case.
            let lower = "basic " + header.dropFirst(6)
            #expect(try await client.token(refresh, authorization: lower).status == 200)
        }
    }

    @Test("TK-13: percent-encoded credentials are decoded, plain ones are taken as they are")
    func percentEncoding() async throws {
        let secret = "p%s:+ö/secret &="
        try await TestServer.run {
            var client = Configuration.Client(clientID: "web:client")
            client.redirectURIs = ["https://app.example.com/callback"]
            client.tokenEndpointAuthMethod = .clientSecretBasic
            client.clientSecret = .value(SecretValue(secret))
            $0.clients.append(client)
        } _: { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let encoded = OAuthTestClient.basic("web%3Aclient", PercentEncoding.encode(secret))
            // The client is authenticated, and the refusal is about the token.
            let answer = try await client.token(Self.grant, authorization: encoded)
            #expect(answer.isError(400, "invalid_grant"))
            let resourceServer = TestServer.resourceServer
            let plain = OAuthTestClient.basic(resourceServer.id, resourceServer.secret)
            let exchange = [("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("audience", "corp")]
            #expect(try await client.token(exchange, authorization: plain).isError(400, "invalid_request"))
        }
    }

    @Test(
        "TK-13: a secret of the operator's choice, encoded or not, as HTTP libraries have it",
        arguments: ["a+b/c=", "100%25", "100%", "p%zz", "with space", "a:b:c"]
    )
    func unencodedSecrets(secret: String) async throws {
        try await TestServer.run(configure: {
            $0.resources[0].clientSecret = .value(SecretValue(secret))
        }) { server in
            let (client, tokens) = try await server.loggedIn()
            let id = TestServer.resourceServer.id
            for sent in [secret, PercentEncoding.encode(secret)] {
                let answer = try await client.exchange(tokens.accessToken, credentials: (id, sent))
                #expect(answer.status == 200, "\(sent)")
            }
            let wrong = try await client.exchange(tokens.accessToken, credentials: (id, secret + "x"))
            #expect(wrong.isError(401, "invalid_client"))
        }
    }

    @Test("TK-12: client_secret_post")
    func post() async throws {
        try await TestServer.run { server in
            var (client, secret) = try await server.confidentialClient("client_secret_post")
            client.secret = secret
            #expect(try await client.redeem(try await server.issuedCode(for: client)).status == 200)
        }
    }

    @Test("TK-12, D-43: an unknown client and a wrong secret get the same answer, byte for byte")
    func unknownClientAndWrongSecret() async throws {
        try await TestServer.run { server in
            let (client, _) = try await server.confidentialClient("client_secret_basic")
            let wrong = try await client.token(Self.grant, authorization: OAuthTestClient.basic(client.id, "gs_wrong"))
            let unknown = try await client.token(Self.grant, authorization: OAuthTestClient.basic("dcr_x", "gs_wrong"))
            for answer in [wrong, unknown] {
                #expect(answer.isError(401, "invalid_client"))
                #expect(answer.header("www-authenticate")?.hasPrefix("Basic realm=") == true)
            }
            #expect(wrong.json == unknown.json)
            let names = { (answer: OAuthTestClient.Answer) in answer.headerFields.map { $0.name.lowercased() }.sorted()
            }
            #expect(names(wrong) == names(unknown))
            // FD-8: the answer to an unknown public client says so, because the client then registers again.
            let stale = try await client.token(Self.grant + [("client_id", "dcr_pruned")])
            #expect(stale.isError(401, "invalid_client"))
            #expect(stale.header("www-authenticate") == nil)
        }
    }

    @Test("TK-12: WWW-Authenticate comes for Basic only")
    func challenges() async throws {
        try await TestServer.run { server in
            let (client, _) = try await server.confidentialClient("client_secret_post")
            let wrong = try await client.token(Self.grant + [("client_id", client.id), ("client_secret", "gs_wrong")])
            #expect(wrong.isError(401, "invalid_client"))
            #expect(wrong.header("www-authenticate") == nil)
            let nothing = try await client.token(Self.grant)
            #expect(nothing.isError(401, "invalid_client"))
            #expect(nothing.header("www-authenticate") == nil)
            let secretless = try await client.token(Self.grant + [("client_id", client.id)])
            #expect(secretless.isError(401, "invalid_client"))
        }
    }

    @Test(
        "TK-13: Authorization that cannot be read is 401, with the challenge if it is Basic",
        arguments: [
            ("Basic", true), ("Basic !!!", true), ("Basic YWJj", true), ("Basic OnNlY3JldA==", true),
            ("Basic /w==", true), ("Basic " + String(repeating: "A", count: 8000), true), ("basic x", true),
            ("Bearer abc", false), ("Basicx YTpi", false), ("Digest username=x", false),
        ]
    )
    func malformed(header: String, isBasic: Bool) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let answer = try await client.token(Self.grant + [("client_id", client.id)], authorization: header)
            #expect(answer.isError(401, "invalid_client"))
            #expect((answer.header("www-authenticate") != nil) == isBasic)
        }
    }

    @Test("TK-14, D-42: two ways at once, two headers or another client_id are invalid_request")
    func contradictions() async throws {
        try await TestServer.run { server in
            let (client, secret) = try await server.confidentialClient("client_secret_basic")
            let header = OAuthTestClient.basic(client.id, secret)
            let both = try await client.token(Self.grant + [("client_secret", secret)], authorization: header)
            #expect(both.isError(400, "invalid_request"))
            let assertion = try await client.token(
                Self.grant + [
                    ("client_assertion", "e30.e30.e30"),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ],
                authorization: header
            )
            #expect(assertion.isError(400, "invalid_request"))
            let other = try await OAuthTestClient.registered(at: server)
            let foreign = try await client.token(Self.grant + [("client_id", other.id)], authorization: header)
            #expect(foreign.isError(400, "invalid_request"))
            let twoHeaders = try await client.post(
                Self.grant,
                [("authorization", header), ("authorization", header)]
            )
            #expect(twoHeaders.isError(400, "invalid_request"))
        }
    }

    @Test("CA-6, D-42: only the registered method counts")
    func registeredMethod() async throws {
        try await TestServer.run { server in
            let (basicClient, basicSecret) = try await server.confidentialClient("client_secret_basic")
            let asPost = try await basicClient.token(
                Self.grant + [("client_id", basicClient.id), ("client_secret", basicSecret)]
            )
            #expect(asPost.isError(401, "invalid_client"))
            let (postClient, postSecret) = try await server.confidentialClient("client_secret_post")
            let asBasic = try await postClient.token(
                Self.grant,
                authorization: OAuthTestClient.basic(postClient.id, postSecret)
            )
            #expect(asBasic.isError(401, "invalid_client"))
            #expect(asBasic.header("www-authenticate") != nil)
        }
    }

    @Test("TK-15: a public client names itself in the body, and sends no secret")
    func publicClients() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let refresh = [("grant_type", "refresh_token"), ("refresh_token", try tokens.refreshToken)]
            #expect(try await client.token(refresh).isError(401, "invalid_client"))
            let withSecret = try await client.token(refresh + [("client_id", client.id), ("client_secret", "x")])
            #expect(withSecret.isError(401, "invalid_client"))
            let withBasic = try await client.token(refresh, authorization: OAuthTestClient.basic(client.id, ""))
            #expect(withBasic.isError(401, "invalid_client"))
            // An empty secret is none (RFC 6749 §3.2).
            let empty = try await client.token(refresh + [("client_id", client.id), ("client_secret", "")])
            #expect(empty.status == 200)
        }
    }

    @Test(
        "CM-1: client ids that no client can have are 401, whatever they contain",
        arguments: ["%00", "dcr_ä", String(repeating: "x", count: 3000), "a b", "../../etc/passwd", "' OR 1=1 --"]
    )
    func strangeIDs(id: String) async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let answer = try await client.token(Self.grant + [("client_id", id)])
            #expect(answer.isError(401, "invalid_client"))
        }
    }
}
