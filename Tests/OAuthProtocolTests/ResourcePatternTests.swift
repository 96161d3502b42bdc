import OAuthProtocol
import Testing

@Suite("RFC 8707: a fleet of resources by a pattern of their addresses")
struct ResourcePatternTests {
    @Test(
        "a star is one label of the host, and everything else is itself",
        arguments: [
            ("https://*.mcp.example.com/mcp", "https://a.mcp.example.com/mcp", true),
            ("https://*.mcp.example.com/mcp", "https://team-7.mcp.example.com/mcp", true),
            ("https://*.mcp.example.com/mcp", "https://mcp.example.com/mcp", false),
            ("https://*.mcp.example.com/mcp", "https://a.b.mcp.example.com/mcp", false),
            ("https://*.mcp.example.com/mcp", "https://.mcp.example.com/mcp", false),
            ("https://*.mcp.example.com/mcp", "https://-a.mcp.example.com/mcp", false),
            ("https://*.mcp.example.com/mcp", "https://*.mcp.example.com/mcp", false),
            ("https://*.mcp.example.com/mcp", "https://a.mcp.example.com.evil.example/mcp", false),
            ("https://*.mcp.example.com/mcp", "https://a.mcp.example.com:8443/mcp", false),
            ("https://*.mcp.example.com/mcp", "https://u@a.mcp.example.com/mcp", false),
            ("https://*.mcp.example.com/mcp", "https://a.mcp.example.com/mcp/", false),
            ("https://*.mcp.example.com/mcp", "https://a.mcp.example.com/mcp?x=1", false),
            ("https://*.mcp.example.com/mcp", "https://a.mcp.example.com/mcp#x", false),
            ("https://*.mcp.example.com/mcp", "http://a.mcp.example.com/mcp", false),
            ("https://*.mcp.example.com/mcp", "https://a.mcp.example.com/MCP", false),
            ("https://*.mcp.example.com:8443/mcp", "https://a.mcp.example.com:8443/mcp", true),
            ("https://*.*.example.com/", "https://a.b.example.com/", true),
            ("https://*.*.example.com/", "https://a.example.com/", false),
            ("https://*.example.com", "https://a.example.com", true),
        ]
    )
    func members(pattern: String, address: String, isMember: Bool) throws {
        #expect(try #require(ResourcePattern(pattern)).matches(address) == isMember)
    }

    @Test(
        "what would leave the owner of the host to the request, or is no whole label, is no pattern",
        arguments: [
            "https://*.com/mcp", "https://*/mcp", "https://*.*/mcp", "https://a*.example.com/mcp",
            "https://a.*.example.com/mcp", "https://**.example.com/mcp", "http://*.mcp.example.com/mcp",
            "https://u@*.example.com/mcp", "https://*.example.com/mcp#x", "https://mcp.example.com/*", "*.example.com",
        ]
    )
    func refused(text: String) {
        #expect(ResourcePattern(text) == nil)
    }

    private static let fleet = "https://*.mcp.example.com/mcp"

    private static func resource(_ uri: String, scopes: String...) -> ProtectedResource {
        ProtectedResource(uri: uri, scopes: ScopeSet(scopes), upstreams: [], clientID: "server")
    }

    @Test("the audience is the requested address, with host in lower case; a resource of its own takes precedence")
    func catalogue() throws {
        let own = "https://own.mcp.example.com/mcp"
        let catalogue = ResourceCatalogue([Self.resource(Self.fleet, scopes: "a"), Self.resource(own, scopes: "b")])
        let member = try catalogue.resource("https://Team.mcp.example.com/mcp")
        #expect(member.uri == "https://team.mcp.example.com/mcp" && member.configuredURI == Self.fleet)
        #expect(member.scopes == ScopeSet(["a"]) && member.pattern == nil)
        #expect(try catalogue.resource(own).scopes == ScopeSet(["b"]))
        #expect(catalogue.registered(member.uri) == member)
        #expect(catalogue.registered(Self.fleet) == nil)
        for audiences in [catalogue.audiences, try #require(catalogue.server("server")).audiences] {
            #expect(audiences.contains(member.uri) && audiences.contains(own))
            #expect(!audiences.contains(Self.fleet) && !audiences.contains("https://other.example.com/mcp"))
        }
        for text in [Self.fleet, "https://a.b.mcp.example.com/mcp", "https://mcp.example.com/mcp"] {
            #expect(throws: OAuthError.self) { try catalogue.resource(text) }
        }
    }

    @Test("without a path, members have none either")
    func noPath() throws {
        let catalogue = ResourceCatalogue([Self.resource("https://*.example.com", scopes: "a")])
        for text in ["https://a.example.com", "https://a.example.com/"] {
            #expect(try catalogue.resource(text).uri == "https://a.example.com")
        }
        #expect(catalogue.registered("https://a.example.com") != nil)
    }

    @Test("FD-5: a request without a resource cannot mean a fleet")
    func unnamed() {
        let catalogue = ResourceCatalogue([Self.resource(Self.fleet, scopes: "a")], defaultURI: Self.fleet)
        #expect(throws: OAuthError.self) { try catalogue.resource(requested: []) }
    }
}
