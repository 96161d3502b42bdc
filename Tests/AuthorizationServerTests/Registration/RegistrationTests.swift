import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

/// RFC 7591: what real clients send, and what they get.
@Suite("Dynamic client registration")
struct RegistrationTests {
    /// A registration body as a client sends it, and what decides how it logs in afterwards.
    struct Body: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let json: String
        let applicationType: String
        let scope: String
        let redirectURI: String
        var method = "none"
    }

    /// The registrations of real clients: their redirects and methods as reported from the field, further members as
    /// their libraries have them.
    static let bodies = [
        Body(
            testDescription: "Visual Studio Code",
            json: #"""
                {"client_name":"Visual Studio Code","client_uri":"https://code.visualstudio.com","grant_types":["authorization_code","refresh_token"],"response_types":["code"],
                 "redirect_uris":["https://insiders.vscode.dev/redirect","https://vscode.dev/redirect","http://127.0.0.1/","http://127.0.0.1:33418/"],
                 "scope":"mcp:read","token_endpoint_auth_method":"none","application_type":"native"}
                """#,
            applicationType: "native",
            scope: "mcp:read",
            redirectURI: "http://127.0.0.1:40123/"
        ),
        Body(
            testDescription: "Cursor",
            json: #"""
                {"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","https://www.cursor.com/agents/mcp/oauth/callback","http://localhost:8787/callback"],
                 "token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"]}
                """#,
            applicationType: "native",
            scope: "mcp:read mcp:write",
            redirectURI: "cursor://anysphere.cursor-mcp/oauth/callback"
        ),
        Body(
            testDescription: "mcp-remote",
            json: #"""
                {"client_name":"MCP CLI Client","client_uri":"https://github.com/modelcontextprotocol/mcp-cli","redirect_uris":["http://localhost:3334/oauth/callback"],
                 "token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],"response_types":["code"],
                 "software_id":"2e6dc280-f3c3-4e01-99a7-8181dbd1d23d","software_version":"x","scope":"openid email profile"}
                """#,
            applicationType: "native",
            scope: "openid email profile",
            redirectURI: "http://localhost:3334/oauth/callback"
        ),
        Body(
            testDescription: "Python SDK",
            json: #"""
                {"redirect_uris":["http://localhost:3030/callback"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"client_name":"py","application_type":"native"}
                """#,
            applicationType: "native",
            scope: "mcp:read mcp:write",
            redirectURI: "http://localhost:3030/callback"
        ),
        Body(
            testDescription: "claude.ai",
            json: #"""
                {"client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"],"grant_types":["authorization_code","refresh_token"],
                 "response_types":["code"],"scope":"claudeai","token_endpoint_auth_method":"client_secret_post"}
                """#,
            applicationType: "web",
            scope: "mcp:read mcp:write",
            redirectURI: "https://claude.ai/api/mcp/auth_callback",
            method: "client_secret_post"
        ),
        Body(
            testDescription: "Claude Code",
            json: #"""
                {"client_name":"Claude Code (mcp)","redirect_uris":["http://localhost:54212/callback"],"grant_types":["authorization_code","refresh_token"],
                 "response_types":["code"],"token_endpoint_auth_method":"none"}
                """#,
            applicationType: "native",
            scope: "mcp:read mcp:write",
            redirectURI: "http://localhost:61009/callback"
        ),
        Body(
            testDescription: "ChatGPT",
            json: #"""
                {"client_name":"ChatGPT","redirect_uris":["https://chatgpt.com/connector_platform_oauth_redirect"],
                 "grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none"}
                """#,
            applicationType: "web",
            scope: "mcp:read mcp:write",
            redirectURI: "https://chatgpt.com/connector_platform_oauth_redirect"
        ),
        Body(
            testDescription: "TypeScript SDK (MCP Inspector)",
            json: #"""
                {"redirect_uris":["http://localhost:6274/oauth/callback"],"token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],
                 "response_types":["code"],"client_name":"MCP Inspector","client_uri":"https://github.com/modelcontextprotocol/inspector","scope":""}
                """#,
            applicationType: "native",
            scope: "mcp:read mcp:write",
            redirectURI: "http://localhost:6274/oauth/callback"
        ),
    ]

    private func register(_ server: TestServer, _ body: String) async throws -> OAuthTestClient.Answer {
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        return try await client.send(
            "POST",
            "/oauth/register",
            headerFields: [("content-type", "application/json")],
            body: Array(body.utf8)
        )
    }

    @Test("CR-1: the answer to real clients, member by member, and they can log in", arguments: bodies)
    func realClients(body: Body) async throws {
        try await TestServer.run { server in
            let answer = try await register(server, body.json)
            #expect(answer.status == 201)
            #expect(answer.header("content-type") == "application/json")
            #expect(answer.header("cache-control") == "no-store")
            #expect(answer.header("access-control-allow-origin") == "*")
            let sent = try JSONParser.parseObject(Array(body.json.utf8))
            let json = answer.json
            let id = try #require(answer["client_id"])
            // CR-8.
            #expect(id.hasPrefix("dcr_") && id.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-_".utf8.contains($0) })
            #expect(json["client_id_issued_at"]?.integerValue == Int(server.clock.now().secondsSinceEpoch))
            // The answer repeats every member unchanged and in order (mcp-remote stores it), but no scope that is never
            // granted (C-6).
            for (name, value) in sent.members where value != "" && name != "scope" {
                #expect(json[name] == value, "\(name)")
            }
            #expect(answer["token_endpoint_auth_method"] == body.method)
            #expect(answer["application_type"] == body.applicationType)
            #expect(answer["scope"] == body.scope)
            var own: Set = [
                "client_id", "client_id_issued_at", "token_endpoint_auth_method", "application_type", "scope",
                "registration_client_uri", "registration_access_token",
            ]
            if body.method != "none" { own.formUnion(["client_secret", "client_secret_expires_at"]) }
            #expect(Set(json.names) == own.union(sent.names))
            #expect(!json.members.contains { $0.value == .null || $0.value == "" })

            var client = OAuthTestClient(
                issuer: server.issuer,
                transport: server.transport,
                resource: TestServer.resource
            )
            client.id = id
            client.secret = answer["client_secret"]
            client.redirectURI = body.redirectURI
            let tokens = try await client.tokens(at: server)
            #expect(tokens.status == 200)
            #expect(try await client.refresh(tokens.refreshToken).status == 200)
        }
    }

    @Test("FD-7, CR-1: a client with web redirects that names no method gets a secret that works by Basic")
    func confidentialByDefault() async throws {
        try await TestServer.run { server in
            let answer = try await register(server, #"{"redirect_uris":["https://app.example.com/callback"]}"#)
            #expect(answer.status == 201)
            #expect(answer["token_endpoint_auth_method"] == "client_secret_basic")
            #expect(answer["application_type"] == "web")
            #expect(answer.json["client_secret_expires_at"]?.integerValue == 0)
            #expect(answer.json["grant_types"] == ["authorization_code", "refresh_token"])
            #expect(answer.json["response_types"] == ["code"])
            let secret = try #require(answer["client_secret"])
            // TK-13: no client can encode it wrongly.
            #expect(secret.utf8.count >= 43)
            #expect(secret.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-_".utf8.contains($0) })
            var client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            client.id = try #require(answer["client_id"])
            client.redirectURI = "https://app.example.com/callback"
            let code = try await server.issuedCode(for: client)
            let basic = OAuthTestClient.basic(client.id, secret)
            #expect(try await client.token(client.redemption(code), authorization: basic).status == 200)
            // D-99: the server does not store the secret itself.
            let stored = try #require(await server.server.stores.clients.client(client.id))
            #expect(stored.secretHash != nil && !"\(stored)".contains(secret))
        }
    }

    @Test(
        "FD-7, CR-4, CR-5: method and type are substituted or inferred, and the answer shows it",
        arguments: [
            (#""redirect_uris":["http://127.0.0.1/cb"]"#, "none", "native"),
            (#""redirect_uris":["http://127.0.0.1/cb"],"application_type":"desktop""#, "none", "native"),
            (#""redirect_uris":["com.example.app:/cb"]"#, "none", "native"),
            (
                #""redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"self_signed_tls_client_auth""#,
                "none",
                "native"
            ),
            (
                #""redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"tls_client_auth""#, "none",
                "native"
            ),
            (#""redirect_uris":["https://a.example/cb"],"token_endpoint_auth_method":"none""#, "none", "web"),
            (
                #""redirect_uris":["https://a.example/cb"],"token_endpoint_auth_method":"client_secret_post""#,
                "client_secret_post", "web"
            ),
            (#""redirect_uris":["https://a.example/cb"],"application_type":"native""#, "none", "native"),
            (
                #""redirect_uris":["https://a.example/cb"],"application_type":"web","scope":"""#, "client_secret_basic",
                "web"
            ),
        ]
    )
    func substitutions(members: String, method: String, type: String) async throws {
        try await TestServer.run { server in
            let answer = try await register(server, "{\(members)}")
            #expect(answer.status == 201)
            #expect(answer["token_endpoint_auth_method"] == method)
            #expect(answer["application_type"] == type)
            #expect((answer["client_secret"] != nil) == (method != "none"))
        }
    }

    @Test("CR-3: grants and response types that we do not have are dropped")
    func droppedGrants() async throws {
        try await TestServer.run { server in
            let answer = try await register(
                server,
                #"{"redirect_uris":["http://127.0.0.1/cb"],"grant_types":["authorization_code","implicit","urn:ietf:params:oauth:grant-type:device_code","urn:ietf:params:oauth:grant-type:token-exchange","client_credentials"],"response_types":["code","id_token"]}"#
            )
            #expect(answer.status == 201)
            #expect(answer.json["grant_types"] == ["authorization_code"])
            #expect(answer.json["response_types"] == ["code"])
        }
    }

    @Test("CR-9: the same body twice makes two clients, and both work")
    func twice() async throws {
        try await TestServer.run { server in
            let first = try await OAuthTestClient.registered(at: server)
            let second = try await OAuthTestClient.registered(at: server)
            #expect(first.id != second.id)
            for client in [second, first] {
                #expect(try await client.tokens(at: server).status == 200)
            }
        }
    }

    @Test("CR-7, D-59: the name is kept short and free of control and direction characters")
    func names() async throws {
        try await TestServer.run { server in
            let answer = try await register(
                server,
                #"{"redirect_uris":["http://127.0.0.1/cb"],"client_name":"Cla\u202eude\u0000 \u200b<b>"}"#
            )
            #expect(answer["client_name"] == "Claude <b>")
            let long = String(repeating: "n", count: 5000)
            let cut = try await register(server, #"{"redirect_uris":["http://127.0.0.1/cb"],"client_name":"\#(long)"}"#)
            #expect(cut["client_name"]?.count == 100)
        }
    }

    @Test("CR-12: the management's address and token are ours, and no client chooses its id or its secret")
    func ownManagement() async throws {
        try await TestServer.run { server in
            let answer = try await register(
                server,
                #"{"redirect_uris":["http://127.0.0.1/cb"],"registration_client_uri":"https://x.example","client_id":"mine","client_secret":"mine","unknown":{"a":null}}"#
            )
            #expect(answer.status == 201)
            let id = try #require(answer["client_id"])
            #expect(answer["registration_client_uri"] == server.issuer + "/oauth/register/" + id)
            #expect(answer["registration_access_token"]?.hasPrefix("gm_") == true)
            #expect(answer.json["client_secret"] == nil && answer.json["unknown"] == nil)
            #expect(answer["client_id"] != "mine")
        }
    }

    @Test("issue 2 part 7: a registration is one audit event, without the secret")
    func audit() async throws {
        try await TestServer.run { server in
            let answer = try await register(
                server,
                #"{"redirect_uris":["https://a.example/cb"],"client_name":"Web \"app\"\n"}"#
            )
            _ = try await register(server, #"{"redirect_uris":[]}"#)
            let events = try server.auditEvents("client.registered")
            #expect(events.count == 1)
            #expect(events.first?["client_id"] == answer.json["client_id"])
            #expect(events.first?["redirect_uris"] == ["https://a.example/cb"])
            #expect(events.first?["source"] == "127.0.0.1")
            let secret = try #require(answer["client_secret"])
            #expect(!(server.auditLog.all + server.log.all).contains { $0.contains(secret) })
        }
    }

    @Test("CR-13, MD-7: switched off, the endpoint is not there and the metadata does not name it")
    func disabled() async throws {
        try await TestServer.run(configure: { $0.registration.isDynamic = false }) { server in
            let answer = try await register(server, #"{"redirect_uris":["http://127.0.0.1/cb"]}"#)
            #expect(answer.status == 404 && answer.error == "not_found")
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let metadata = try await client.send("GET", "/.well-known/oauth-authorization-server")
            #expect(metadata.status == 200 && metadata.json["registration_endpoint"] == nil)
        }
    }
}

extension UInt8 {
    fileprivate var isASCIIAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
