import OAuthProtocol
import Testing

/// RFC 6749 §3.3: scopes, as they are written and as they are granted.
@Suite("RFC 6749 §3.3: scopes")
struct ScopeTests {
    @Test("tokens keep their order, each once")
    func order() throws {
        let scopes = try ScopeSet(parsing: "b a  b c a ")
        #expect(scopes.tokens == ["b", "a", "c"])
        #expect(scopes.text == "b a c")
        #expect("\(scopes)" == "b a c")
        #expect(try ScopeSet(parsing: "").isEmpty)
        #expect(try ScopeSet(parsing: "   ").isEmpty)
    }

    @Test(
        "FD-2: syntax that RFC 6749 Appendix A.4 forbids is invalid_scope",
        arguments: ["a\tb", "a\nb", "a\"", "a\\b", "é", "\u{0}", "a\u{7F}", "a \u{301}b", "\u{212A}", "a\u{A0}b"]
    )
    func badSyntax(text: String) {
        #expect(throws: OAuthError(.invalidScope, "scope has a forbidden character")) { try ScopeSet(parsing: text) }
        #expect(!ScopeSet.isToken(text))
    }

    @Test("a scope value has at most 4096 bytes")
    func length() throws {
        #expect(try ScopeSet(parsing: String(repeating: "a", count: 4096)).tokens.count == 1)
        #expect(throws: OAuthError.self) { try ScopeSet(parsing: String(repeating: "a", count: 4097)) }
    }

    @Test("every character that RFC 6749 allows makes a token, and no other")
    func alphabet() {
        for byte in UInt8.min ... .max {
            let allowed = byte == 0x21 || (0x23...0x5B).contains(byte) || (0x5D...0x7E).contains(byte)
            #expect(ScopeSet.isToken(String(decoding: [byte], as: UTF8.self)) == allowed)
        }
        #expect(!ScopeSet.isToken(""))
    }

    @Test("scopes are case-sensitive sets")
    func algebra() {
        let (ab, bc) = (ScopeSet(["a", "b"]), ScopeSet(["b", "c"]))
        #expect(ab.union(bc).tokens == ["a", "b", "c"])
        #expect(ab.contains("a") && !ab.contains("A"))
        #expect(ScopeSet(["b"]).isSubset(of: ab) && !bc.isSubset(of: ab))
        #expect(ScopeSet.empty.isSubset(of: ab))
        #expect(ab.filter { $0 != "a" }.tokens == ["b"])
        #expect(ScopeSet(["a", "b c", "", "a"]).tokens == ["a"])
    }
}

/// RFC 6749 §3.3, FD-2: what is granted of what was asked for.
@Suite("FD-2, RI-4: granted scopes")
struct ScopePolicyTests {
    private let policy = ScopePolicy(supported: ScopeSet(["openid", "offline_access", "mcp:read", "mcp:write"]))
    private let resource = ProtectedResource(
        uri: "https://mcp.example.com/mcp",
        scopes: ScopeSet(["mcp:read", "mcp:write"]),
        upstreams: [],
        clientID: nil
    )

    private func client(limitedTo scopes: ScopeSet? = nil) -> Client {
        Client(
            id: "c",
            kind: .dynamic,
            redirectURIs: [],
            grantTypes: [.authorizationCode],
            authenticationMethods: [.none],
            scopes: scopes,
            issuedAt: Timestamp(secondsSinceEpoch: 0)
        )
    }

    @Test(
        "FD-2: a request is narrowed silently to what exists",
        arguments: [
            ("mcp:read", "mcp:read"), ("mcp:write mcp:read", "mcp:write mcp:read"), ("mcp:read claudeai", "mcp:read"),
            // mcp-remote's default, and a client that asks for everything that the metadata lists.
            ("openid email profile", "openid"), ("mcp:read offline_access", "mcp:read offline_access"),
            ("openid offline_access mcp:read mcp:write admin", "openid offline_access mcp:read mcp:write"),
            ("offline_access", "offline_access"),
        ]
    )
    func narrowing(requested: String, granted: String) throws {
        let scopes = try policy.grantable(requested: ScopeSet(parsing: requested), resource: resource, client: client())
        #expect(scopes.text == granted)
    }

    @Test(
        "FD-2: invalid_scope only when nothing of the request remains",
        arguments: ["claudeai", "email profile", "MCP:READ"]
    )
    func nothingRemains(requested: String) {
        #expect {
            try policy.grantable(requested: ScopeSet(parsing: requested), resource: resource, client: client())
        } throws: {
            ($0 as? OAuthError)?.code == .invalidScope
        }
    }

    @Test("a request without scope gets the resource's own")
    func defaults() throws {
        for requested in [nil, ScopeSet.empty] {
            let scopes = try policy.grantable(requested: requested, resource: resource, client: client())
            #expect(scopes.text == "mcp:read mcp:write")
        }
    }

    @Test("RI-4: a scope of another resource is never granted")
    func otherResource() throws {
        let other = ProtectedResource(uri: "https://b", scopes: ScopeSet(["b:x"]), upstreams: [], clientID: nil)
        let scopes = try policy.grantable(
            requested: ScopeSet(["mcp:read", "b:x", "openid"]),
            resource: other,
            client: client()
        )
        #expect(scopes.text == "b:x openid")
    }

    @Test("a resource cannot bring back an identity scope that the server does not support")
    func unsupportedIdentityScope() throws {
        let greedy = ProtectedResource(
            uri: "https://b",
            scopes: ScopeSet(["email", "x"]),
            upstreams: [],
            clientID: nil
        )
        let scopes = try policy.grantable(requested: ScopeSet(["email", "x"]), resource: greedy, client: client())
        #expect(scopes.text == "x")
    }

    @Test("a client's list limits it, but never withholds offline_access")
    func limitedClient() throws {
        let limited = client(limitedTo: ScopeSet(["mcp:read"]))
        let requested = ScopeSet(["mcp:read", "mcp:write", "openid", "offline_access"])
        let scopes = try policy.grantable(requested: requested, resource: resource, client: limited)
        #expect(scopes.text == "mcp:read offline_access")
        #expect(try policy.grantable(requested: nil, resource: resource, client: limited).text == "mcp:read")
        #expect(throws: OAuthError.self) {
            try policy.grantable(requested: ScopeSet(["mcp:write"]), resource: resource, client: limited)
        }
    }
}
