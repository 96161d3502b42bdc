import OAuthProtocol
import Testing

/// RFC 7591 §2: members that are only shown, and scopes that are only answered.
@Suite("RFC 7591: members that are only shown")
struct ShownMetadataTests {
    private func answer(_ members: String, policy: ClientMetadata.Policy = .init()) throws -> JSONObject {
        let text = #"{"redirect_uris":["http://127.0.0.1/cb"],\#(members)}"#
        return try ClientMetadata(try JSONParser.parseObject(Array(text.utf8)), policy: policy)
            .response(clientID: "dcr_1", secret: nil, issuedAt: Timestamp(secondsSinceEpoch: 1))
    }

    @Test(
        "C-2: what cannot be shown safely is left out of the answer, and refuses nothing",
        arguments: [
            ("client_uri", #""http://localhost:3080""#), ("client_uri", #""""#), ("client_uri", "null"),
            ("client_uri", "7"), ("client_uri", "[]"), ("client_uri", #""javascript:alert(1)""#),
            ("logo_uri", #""http://chat.lan/logo.png""#), ("logo_uri", #""data:image/png;base64,AA""#),
            ("logo_uri", #""http://169.254.169.254/""#), ("logo_uri", "{}"), ("logo_uri", #""//cdn.example/logo.png""#),
            ("policy_uri", #""/privacy""#), ("policy_uri", #""privacy.html""#), ("policy_uri", "{}"),
            ("tos_uri", #""x""#), ("tos_uri", "false"), ("tos_uri", #""https://user:pw@c/""#),
            ("contacts", #""a@example.com""#), ("contacts", "[]"), ("contacts", "[1]"), ("contacts", "{}"),
            ("contacts", #"["a",""]"#), ("software_version", "2"), ("software_version", "1.5"),
            ("software_version", "[1,2]"), ("software_id", "{}"), ("software_id", "true"), ("software_id", #""""#),
            ("client_name#ja", "5"), ("client_uri#de", #""http://x""#), ("logo_uri#fr", "[]"),
            ("software_statement", "7"), ("post_logout_redirect_uris", "7"), ("x", "null"), ("__proto__", #"{"x":1}"#),
        ]
    )
    func leftOut(name: String, value: String) throws {
        #expect(try answer(#""\#(name)":\#(value)"#)[name] == nil)
    }

    @Test(
        "C-2: what can be shown is kept, and the answer says so",
        arguments: [
            ("client_uri", #""https://chat.example/""#), ("logo_uri", #""https://chat.example/logo.png""#),
            ("policy_uri", #""https://chat.example/privacy""#), ("tos_uri", #""https://chat.example/terms""#),
            ("contacts", #"["ops@example.com","+49 1"]"#), ("software_id", #""2e6dc280""#),
            ("software_version", #""1.5.0""#),
        ]
    )
    func kept(name: String, value: String) throws {
        let sent = try JSONParser.parseObject(Array(#"{"v":\#(value)}"#.utf8))["v"]
        #expect(try answer(#""\#(name)":\#(value)"#)[name] == sent)
    }

    @Test("C-2: a text of 257 bytes and a ninth contact are too much to keep")
    func bounds() throws {
        let long = String(repeating: "a", count: 257)
        #expect(try answer(#""software_id":"\#(long)""#)["software_id"] == nil)
        #expect(try answer(#""contacts":["\#(long)"]"#)["contacts"] == nil)
        let nine = Array(repeating: #""a""#, count: 9).joined(separator: ",")
        #expect(try answer(#""contacts":[\#(nine)]"#)["contacts"] == nil)
    }

    @Test(
        "C-2: members that decide something are as strict as before",
        arguments: [
            #""jwks_uri":"http://c/jwks""#, #""jwks_uri":7"#, #""client_name":7"#, #""application_type":7"#,
            #""token_endpoint_auth_method":[]"#, #""grant_types":{}"#, #""response_types":7"#, #""scope":7"#,
            #""scope":"a\"b""#,
        ]
    )
    func stillRefused(member: String) {
        #expect {
            try answer(member)
        } throws: {
            ($0 as? OAuthError)?.code == .invalidClientMetadata
        }
    }

    @Test(
        "C-6: the answer has the scopes that can be granted, or the default",
        arguments: [
            ("claudeai", "mcp:read"), ("mcp:read claudeai", "mcp:read"), ("openid email", "openid"),
            ("email", "mcp:read"), ("openid mcp:read", "openid mcp:read"), ("", "mcp:read"), ("MCP:READ", "mcp:read"),
        ]
    )
    func scopes(requested: String, answered: String) throws {
        var policy = ClientMetadata.Policy()
        policy.defaultScopes = ScopeSet(["mcp:read"])
        policy.grantableScopes = ScopeSet(["mcp:read", "openid"])
        #expect(try answer(#""scope":"\#(requested)""#, policy: policy)["scope"]?.stringValue == answered)
    }

    @Test(
        "C-6: scopes may come as a list, as the other members do; what is no scope is refused in a list too",
        arguments: [
            (#"["mcp:read", "claudeai"]"#, "mcp:read"), (#"["openid mcp:read"]"#, "openid mcp:read"),
            (#"["email"]"#, "mcp:read"), (#"[""]"#, "mcp:read"), (#"["a\"b"]"#, nil), (#"[]"#, nil), (#"[7]"#, nil),
        ] as [(String, String?)]
    )
    func listedScopes(requested: String, answered: String?) throws {
        var policy = ClientMetadata.Policy()
        policy.defaultScopes = ScopeSet(["mcp:read"])
        policy.grantableScopes = ScopeSet(["mcp:read", "openid"])
        let body = #""scope":\#(requested)"#
        guard let answered else {
            #expect(throws: OAuthError.self) { try answer(body, policy: policy) }
            return
        }
        #expect(try answer(body, policy: policy)["scope"]?.stringValue == answered)
    }
}
