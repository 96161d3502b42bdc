import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import Testing

/// RFC 7591 §3.2.2: refusals name the code and the member, and register nothing.
@Suite("Dynamic client registration: refusals")
struct RegistrationRefusalTests {
    private func expectRefusal(
        _ body: String,
        _ code: String,
        naming name: String? = nil,
        at server: TestServer,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        let answer = try await client.send(
            "POST",
            "/oauth/register",
            headerFields: [("content-type", "application/json")],
            body: Array(body.utf8)
        )
        #expect(answer.isError(400, code), "\(answer.status) \(answer.error ?? "")", sourceLocation: sourceLocation)
        if let name {
            let description = answer["error_description"] ?? ""
            #expect(description.contains(name), "\(description)", sourceLocation: sourceLocation)
        }
        #expect(await server.server.stores.clients.count == 0, sourceLocation: sourceLocation)
    }

    @Test(
        "CR-2, D-5…7: a bad redirect URI is invalid_redirect_uri, naming its index",
        arguments: [
            "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "blob:https://a.example/x",
            "mailto:a@example.com", "about:blank", "JavaScript:alert(1)", "http://evil.example/cb",
            "http://localhost.evil.example/cb", "http://127.0.0.2.evil.example/cb", "http://localhost@evil.example/cb",
            "https://a.example/cb#fragment", "https://a.example/cb#", "https://user@a.example/cb",
            "https://user:pw@a.example/cb", "https://*.example.com/cb", "http://localhost:*/cb", "https://a.example/*",
            "https://a.example/c b", "https://a.example/\\tcb", "https://a.example/\\r\\nLocation:x", "/relative", "",
            "https://", "https:///cb", "myapp://callback", "//a.example/cb", "https://a.example/ä",
            "https://a.example/\\u0000",
            "https://good.example\\\\@evil.example/cb",
        ]
    )
    func redirectURIs(text: String) async throws {
        try await TestServer.run { server in
            let body = #"{"redirect_uris":["https://a.example/ok","\#(text)"]}"#
            try await expectRefusal(body, "invalid_redirect_uri", naming: "redirect_uris[1]", at: server)
        }
    }

    @Test("CR-2: a redirect URI is at most 2 KiB long")
    func longRedirectURI() async throws {
        try await TestServer.run { server in
            let long = "https://a.example/" + String(repeating: "x", count: 2048 - 17)
            try await expectRefusal(
                #"{"redirect_uris":["\#(long)"]}"#,
                "invalid_redirect_uri",
                naming: "redirect_uris[0]",
                at: server
            )
        }
    }

    @Test(
        "CR-2: redirect_uris missing, empty, too many or of the wrong type",
        arguments: [
            "{}", #"{"redirect_uris":[]}"#, #"{"redirect_uris":null}"#, #"{"redirect_uris":"https://a.example/cb"}"#,
            #"{"redirect_uris":{"0":"https://a.example/cb"}}"#, #"{"redirect_uris":[1]}"#, #"{"redirect_uris":[null]}"#,
            #"{"redirect_uris":[["https://a.example/cb"]]}"#,
            #"{"redirect_uris":[\#((0..<11).map { "\"https://a.example/\($0)\"" }.joined(separator: ","))]}"#,
        ]
    )
    func redirectURILists(body: String) async throws {
        try await TestServer.run { server in
            try await expectRefusal(body, "invalid_redirect_uri", naming: "redirect_uris", at: server)
        }
    }

    @Test(
        "CR-5: a web application has https redirects only",
        arguments: ["http://127.0.0.1/cb", "com.example.app:/cb", "cursor://anysphere.cursor-mcp/oauth/callback"]
    )
    func webApplications(redirectURI: String) async throws {
        try await TestServer.run { server in
            let body = #"{"application_type":"web","redirect_uris":["\#(redirectURI)"]}"#
            try await expectRefusal(body, "invalid_redirect_uri", naming: "redirect_uris[0]", at: server)
        }
    }

    @Test(
        "CR-3, CR-4, CR-6, D-91: metadata that cannot be used is invalid_client_metadata, naming the member",
        arguments: [
            ("grant_types", #"["implicit","password"]"#), ("grant_types", #"["refresh_token"]"#),
            ("grant_types", #""authorization_code""#), ("grant_types", "[1]"), ("grant_types", "[]"),
            ("response_types", #"["token"]"#), ("response_types", "[]"), ("response_types", #""code""#),
            ("token_endpoint_auth_method", #""client_secret_jwt""#),
            ("token_endpoint_auth_method", #""tls_client_auth""#),
            ("token_endpoint_auth_method", "1"), ("client_name", "5"), ("client_name", "[]"),
            ("jwks_uri", #""http://a.example/jwks""#), ("jwks", "{}"), ("jwks", #"{"keys":[]}"#), ("jwks", "[]"),
            ("scope", #""a \" b""#), ("scope", "[]"), ("scope", #""mcp:read\n""#), ("application_type", "1"),
        ]
    )
    func metadata(name: String, value: String) async throws {
        try await TestServer.run { server in
            let body = #"{"redirect_uris":["https://a.example/cb"],"\#(name)":\#(value)}"#
            try await expectRefusal(body, "invalid_client_metadata", naming: name, at: server)
        }
    }

    @Test(
        "CR-11, D-74, D-91: a body that is not one strict JSON object",
        arguments: [
            "", "null", "[]", "\"x\"", "{", #"{"redirect_uris":["https://a.example/cb"]} x"#,
            #"{"redirect_uris":["https://a.example/cb"],"redirect_uris":["https://evil.example/cb"]}"#,
            #"{"redirect_uris":["https://a.example/cb"],"client_name":"a","client\u005fname":"b"}"#,
            #"{"redirect_uris":["https://a.example/cb"],}"#, "{'redirect_uris':[]}",
            String(repeating: #"{"a":"#, count: 5000) + "1" + String(repeating: "}", count: 5000),
            String(repeating: "[", count: 10_000),
            #"redirect_uris=https%3A%2F%2Fa.example%2Fcb"#,
        ]
    )
    func bodies(body: String) async throws {
        try await TestServer.run { server in
            try await expectRefusal(body, "invalid_client_metadata", at: server)
        }
    }

    @Test("D-91: members with names of other languages' machinery are members like any other")
    func machineryNames() async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let answer = try await client.register([
                "redirect_uris": ["http://127.0.0.1/cb"], "__proto__": ["isTrusted": true], "constructor": "x",
            ])
            #expect(answer.status == 201)
            #expect(answer.json["__proto__"] == nil && answer.json["constructor"] == nil)
        }
    }

    @Test(
        "CR-11: another Content-Type is refused",
        arguments: ["text/plain", "application/x-www-form-urlencoded", "application/json, text/plain", "text/json"]
    )
    func contentTypes(type: String) async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let answer = try await client.send(
                "POST",
                "/oauth/register",
                headerFields: [("content-type", type)],
                body: Array(#"{"redirect_uris":["http://127.0.0.1/cb"]}"#.utf8)
            )
            #expect(answer.isError(400, "invalid_client_metadata"))
        }
    }

    @Test("CR-11, D-91: more than 64 KiB is 413")
    func size() async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let name = String(repeating: "n", count: 1_000_000)
            let answer = try await client.register([
                "redirect_uris": ["http://127.0.0.1/cb"], "client_name": .string(name),
            ])
            #expect(answer.status == 413)
            #expect(await server.server.stores.clients.count == 0)
        }
    }

    @Test("CR-1: only POST", arguments: ["GET", "PUT", "DELETE"])
    func methods(method: String) async throws {
        try await TestServer.run { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let answer = try await client.send(method, "/oauth/register")
            #expect(answer.status == 405)
            #expect(answer.header("allow")?.contains("POST") == true)
        }
    }
}
