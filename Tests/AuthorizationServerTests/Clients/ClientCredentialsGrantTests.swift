import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

/// RFC 6749 §4.4: a client that acts for itself (CC-1, D-46).
@Suite("The client credentials grant")
struct ClientCredentialsGrantTests {
    private static let secret = "the secret of the batch client"

    private static func client(
        _ id: String = "batch",
        method: TokenEndpointAuthenticationMethod = .clientSecretBasic,
        _ change: (inout Configuration.Client) -> Void = { _ in }
    ) -> Configuration.Client {
        var client = Configuration.Client(clientID: id)
        client.tokenEndpointAuthMethod = method
        client.clientSecret = method.usesSecret ? .value(SecretValue(secret)) : nil
        client.grantTypes = [.clientCredentials]
        change(&client)
        return client
    }

    private static func token(
        _ server: TestServer,
        _ form: [(String, String)] = [],
        id: String = "batch"
    ) async throws -> OAuthTestClient.Answer {
        try await server.visitor.token(
            [("grant_type", "client_credentials")] + form,
            authorization: OAuthTestClient.basic(id, secret)
        )
    }

    private static func addResource(_ configuration: inout Configuration) {
        configuration.resources.append(.init(uri: "https://tools.example.com/mcp", scopes: ScopeSet(["mcp:write"])))
    }

    @Test("CC-1: sub is the client, aud the resource; no session, no refresh token, no ID token")
    func contents() async throws {
        try await TestServer.run(configure: { $0.clients = [Self.client()] }) { server in
            let answer = try await Self.token(server, [("resource", TestServer.resource), ("scope", "mcp:read")])
            #expect(answer.status == 200)
            #expect(answer.json.names.sorted() == ["access_token", "expires_in", "scope", "token_type"])
            #expect(answer["scope"] == "mcp:read")
            let token = try CompactJWS(parsing: try #require(answer["access_token"]))
            #expect(token.header.type == "at+jwt")
            let claims = try JSONParser.parseObject(token.payload)
            #expect(claims["sub"] == "batch")
            #expect(claims["client_id"] == "batch")
            #expect(claims["aud"] == .string(TestServer.resource))
            #expect(claims["scope"] == "mcp:read")
            #expect(claims["tsid"] == nil)
            #expect(claims["auth_time"] == nil)
            #expect(
                server.auditLog.all.contains { $0.contains("\"token.issued\"") && $0.contains("client_credentials") }
            )
        }
    }

    @Test(
        "CC-1: by secret in header or form, and by key",
        arguments: [
            TokenEndpointAuthenticationMethod.clientSecretBasic, .clientSecretPost, .privateKeyJWT,
        ]
    )
    func methods(method: TokenEndpointAuthenticationMethod) async throws {
        let key = try TestClientKey("batch")
        let client = method == .privateKeyJWT ? AssertionScene.client(key) : Self.client(method: method)
        try await TestServer.run(configure: { $0.clients = [client] }) { server in
            let form = [("grant_type", "client_credentials")]
            let answer =
                switch method {
                case .clientSecretBasic: try await Self.token(server)
                case .clientSecretPost:
                    try await server.visitor.token(form + [("client_id", "batch"), ("client_secret", Self.secret)])
                default: try await server.visitor.token(form + key.form(at: server, tokenID: "1"))
                }
            #expect(answer.status == 200)
            #expect(answer["refresh_token"] == nil)
        }
    }

    @Test(
        "CC-1: a client that registered itself may not, with or without a secret",
        arguments: ["client_secret_basic", "none"]
    )
    func selfRegistered(method: String) async throws {
        try await TestServer.run { server in
            let registration = try await server.visitor.register([
                "redirect_uris": ["https://client.example/callback"], "token_endpoint_auth_method": .string(method),
                "grant_types": ["authorization_code", "client_credentials"],
            ])
            #expect(registration.status == 201)
            let grants = registration.json["grant_types"]?.stringArrayValue ?? []
            #expect(!grants.contains("client_credentials"))
            let id = registration["client_id"] ?? ""
            var form = [("grant_type", "client_credentials"), ("client_id", id)]
            if let secret = registration["client_secret"] { form.append(("client_secret", secret)) }
            let basic = method == "client_secret_basic"
            let answer = try await server.visitor.token(
                basic ? [form[0]] : form,
                authorization: basic ? OAuthTestClient.basic(id, registration["client_secret"] ?? "") : nil
            )
            #expect(answer.status == 400)
            #expect(answer.error == "unauthorized_client")
        }
    }

    @Test("CC-1: nor may a public client, nor one without the grant, nor one whose secret is wrong")
    func refusedClients() async throws {
        try await TestServer.run(configure: { configuration in
            configuration.clients = [
                Self.client("public", method: .none),
                Self.client("other") { $0.grantTypes = [.authorizationCode] },
                Self.client(),
            ]
        }) { server in
            let form = [("grant_type", "client_credentials")]
            let open = try await server.visitor.token(form + [("client_id", "public")])
            #expect(open.error == "unauthorized_client")
            let other = try await Self.token(server, id: "other")
            #expect(other.error == "unauthorized_client")
            let wrong = try await server.visitor.token(form, authorization: OAuthTestClient.basic("batch", "wrong"))
            #expect(wrong.status == 401)
            #expect(wrong.error == "invalid_client")
            let resourceServer = try await server.visitor.token(
                form,
                authorization: OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
            )
            #expect(resourceServer.error == "unauthorized_client")
        }
    }

    @Test("D-46: an id that a user could have as sub gets no token")
    func userLikeID() async throws {
        let id = UserID(value: 7).text
        try await TestServer.run(configure: { $0.clients = [Self.client(id)] }) { server in
            let answer = try await Self.token(server, id: id)
            #expect(answer.status == 400)
            #expect(answer.error == "unauthorized_client")
        }
    }

    @Test(
        "CC-1, RI-1…3: the resource is honoured, and never guessed",
        arguments: [
            ([("resource", "https://tools.example.com/mcp")], "https://tools.example.com/mcp"),
            ([("resource", "HTTPS://TOOLS.example.com/mcp")], "https://tools.example.com/mcp"),
            ([], nil), ([("resource", "https://unknown.example/mcp")], nil),
            ([("resource", "https://tools.example.com/mcp#x")], nil),
            ([("resource", TestServer.resource), ("resource", "https://tools.example.com/mcp")], nil),
        ] as [([(String, String)], String?)]
    )
    func resource(form: [(String, String)], audience: String?) async throws {
        try await TestServer.run(configure: { configuration in
            Self.addResource(&configuration)
            configuration.clients = [Self.client()]
        }) { server in
            let answer = try await Self.token(server, form)
            guard let audience else {
                #expect(answer.status == 400)
                #expect(answer.error == "invalid_target")
                return
            }
            let token = try CompactJWS(parsing: try #require(answer["access_token"]))
            #expect(try JSONParser.parseObject(token.payload)["aud"] == .string(audience))
        }
    }

    @Test(
        "CC-1, RI-4, FD-2: scopes are the resource's and the client's; those about users are never granted",
        arguments: [
            (nil, nil, "mcp:read mcp:write"), ("mcp:write unknown", nil, "mcp:write"), (nil, ["mcp:read"], "mcp:read"),
            ("mcp:read mcp:write", ["mcp:read"], "mcp:read"), ("openid mcp:read offline_access email", nil, "mcp:read"),
            ("openid offline_access", nil, nil), ("unknown", nil, nil), ("mcp:write", ["mcp:read"], nil),
        ] as [(String?, [String]?, String?)]
    )
    func scopes(requested: String?, allowed: [String]?, granted: String?) async throws {
        try await TestServer.run(configure: { configuration in
            configuration.clients = [Self.client { $0.scopes = allowed.map { ScopeSet($0) } }]
        }) { server in
            let answer = try await Self.token(server, requested.map { [("scope", $0)] } ?? [])
            #expect(answer["scope"] == granted)
            #expect(answer.status == (granted == nil ? 400 : 200))
            #expect(answer.error == (granted == nil ? "invalid_scope" : nil))
        }
    }

    @Test("CC-1, VT-1: the token opens no vault; it can be introspected and revoked")
    func life() async throws {
        try await TestServer.run(configure: { $0.clients = [Self.client()] }) { server in
            let answer = try await Self.token(server)
            let access = try #require(answer["access_token"])
            let exchanged = try await server.visitor.exchange(access)
            #expect(exchanged.error == "invalid_grant")
            let active = try await server.visitor.introspect(access)
            #expect(active.json["active"] == true)
            #expect(active["sub"] == "batch")
            #expect(active.json["tsid"] == nil)
            let revoked = try await server.visitor.post(
                "/oauth/revoke",
                [("token", access)],
                authorization: OAuthTestClient.basic("batch", Self.secret)
            )
            #expect(revoked.status == 200)
            let inactive = try await server.visitor.introspect(access)
            #expect(inactive.json == ["active": false])
        }
    }
}
