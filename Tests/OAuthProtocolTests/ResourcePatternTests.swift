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

    private static func resource(_ uri: String, of clientID: String?) -> ProtectedResource {
        ProtectedResource(uri: uri, scopes: ScopeSet(["a"]), upstreams: [], clientID: clientID)
    }

    @Test(
        "D-37: a resource that has an entry of its own is not the fleet's, wherever the entry is",
        arguments: ["payroll", nil],
        [true, false]
    )
    func takenOut(owner: String?, isFirst: Bool) throws {
        let address = "https://payroll.mcp.example.com/mcp"
        let alias = "https://hr.mcp.example.com/mcp"
        let member = "https://team.mcp.example.com/mcp"
        var own = Self.resource(address, of: owner)
        own.aliases = [alias]
        let fleet = Self.resource(Self.fleet, of: "fleet")
        let catalogue = ResourceCatalogue(isFirst ? [own, fleet] : [fleet, own])
        let audiences = try #require(catalogue.server("fleet")).audiences
        #expect(audiences.contains(member))
        #expect(!audiences.contains(address) && !audiences.contains(alias))
        #expect(catalogue.audiences.contains(address) && catalogue.audiences.contains(member))
        if let owner {
            let others = try #require(catalogue.server(owner)).audiences
            #expect(others.contains(address) && !others.contains(member))
        } else {
            #expect(catalogue.server("payroll") == nil)
        }
    }

    @Test("an entry of the same server beside its fleet, and in the fleet of another, is its own")
    func ownEntry() throws {
        let own = "https://own.mcp.example.com/mcp"
        let catalogue = ResourceCatalogue([
            Self.resource(Self.fleet, of: "first"), Self.resource("https://*.*.example.com/mcp", of: "second"),
            Self.resource(own, of: "second"),
        ])
        let first = try #require(catalogue.server("first")).audiences
        let second = try #require(catalogue.server("second")).audiences
        #expect(second.contains(own) && !first.contains(own))
    }

    @Test("D-37: a member of two fleets is the first one's alone", arguments: [true, false])
    func overlapping(narrowIsFirst: Bool) throws {
        let narrow = Self.resource(Self.fleet, of: "narrow")
        let wide = Self.resource("https://*.*.example.com/mcp", of: "wide")
        let catalogue = ResourceCatalogue(narrowIsFirst ? [narrow, wide] : [wide, narrow])
        let narrows = try #require(catalogue.server("narrow")).audiences
        let wides = try #require(catalogue.server("wide")).audiences
        let both = "https://team.mcp.example.com/mcp"
        #expect(catalogue.registered(both)?.clientID == (narrowIsFirst ? "narrow" : "wide"))
        #expect(narrows.contains(both) == narrowIsFirst)
        #expect(wides.contains(both) == !narrowIsFirst)
        #expect(wides.contains("https://team.api.example.com/mcp"))
        #expect(!narrows.contains("https://team.api.example.com/mcp"))
        #expect(catalogue.audiences.contains(both))
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
