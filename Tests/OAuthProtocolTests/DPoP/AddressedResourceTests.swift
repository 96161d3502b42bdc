import Testing

@testable import OAuthProtocol

@Suite("FD-6, RFC 9449 §4.3: proofs for a resource that has several addresses")
struct AddressedResourceTests {
    /// A resource beside another one, and one at the host of its alias.
    private func addresses(_ tolerances: Set<ResourceTolerance> = []) throws -> AddressedResource {
        var resource = ProtectedResource(uri: "https://a.example/mcp", scopes: .empty, upstreams: [], clientID: nil)
        resource.aliases = ["https://Old.example/V1"]
        resource.tolerances = tolerances
        let others = ["https://b.example/mcp", "https://old.example/mcp"].map {
            ProtectedResource(uri: $0, scopes: .empty, upstreams: [], clientID: nil)
        }
        return try #require(AddressedResource(resource, in: ResourceCatalogue([resource] + others)))
    }

    private func accepts(
        _ target: String,
        _ request: String,
        _ tolerances: Set<ResourceTolerance> = []
    ) throws -> Bool {
        let proven = try #require(NormalizedTarget(target))
        let sent = try #require(NormalizedTarget(request))
        return try addresses(tolerances).isNamed(by: proven, in: [sent])
    }

    @Test(
        "an alias is accepted in place of the resource itself and of the same path at its host",
        arguments: [
            ("https://old.example/V1", "https://a.example/mcp"), ("https://old.example/V1", "https://a.example/V1"),
            ("https://OLD.example:443/V1?x", "https://a.example/mcp"),
            ("https://old.example/V1/messages", "https://a.example/V1/messages"),
            ("https://old.example/sse", "https://a.example/sse"),
            ("https://a.example/mcp", "https://old.example/V1"),
        ]
    )
    func alias(target: String, request: String) throws {
        #expect(try accepts(target, request))
    }

    @Test(
        "another path, host, port or scheme, and another resource's address, is refused whatever is tolerated",
        arguments: [
            ("https://old.example/V1/messages", "https://a.example/mcp"),
            ("https://old.example/V1", "https://a.example/mcp/messages"),
            ("https://old.example/V1/messages", "https://a.example/mcp/messages"),
            ("https://b.example/mcp", "https://a.example/mcp"), ("https://evil.example/mcp", "https://a.example/mcp"),
            ("https://old.example/mcp", "https://a.example/mcp"),
            ("https://old.example/mcp/messages", "https://a.example/mcp/messages"),
            ("https://old.example:8443/V1", "https://a.example/mcp"),
            ("http://old.example/V1", "https://a.example/mcp"),
        ]
    )
    func refused(target: String, request: String) throws {
        #expect(try !accepts(target, request, Set(ResourceTolerance.allCases)))
    }

    @Test(
        "another spelling of the resource is accepted only with its tolerance, and only for the resource itself",
        arguments: [
            ("https://a.example/mcp/", .slash), ("https://old.example/V1/", .slash), ("https://a.example", .origin),
            ("https://a.example/MCP", .case), ("https://old.example/v1", .case),
        ] as [(String, ResourceTolerance)]
    )
    func tolerance(target: String, tolerance: ResourceTolerance) throws {
        let others = Set(ResourceTolerance.allCases).subtracting([tolerance])
        #expect(try accepts(target, "https://a.example/mcp", [tolerance]))
        #expect(try !accepts(target, "https://a.example/mcp", others))
        #expect(try !accepts(target, "https://a.example/mcp/messages", [tolerance]))
    }

    @Test("a URL is at the resource at the origin of an address, and not at another resource's")
    func containment() throws {
        let found = try addresses()
        for uri in ["https://a.example/x", "https://old.example/V1/x", "https://old.example/x", "https://old.example"] {
            #expect(found.contains(uri), "\(uri)")
        }
        for uri in [
            "https://old.example/mcp", "https://old.example/mcp/x", "https://b.example/mcp", "http://old.example/V1",
            "https://old.example:8443/V1", "https://evil.example/V1", "https://user@old.example/V1", "nonsense",
        ] {
            #expect(!found.contains(uri), "\(uri)")
        }
    }

    @Test("a long path is compared within bounds, and a resource with one address has no others")
    func bounds() throws {
        let path = String(repeating: "/a", count: 100_000)
        #expect(try accepts("https://old.example" + path, "https://a.example" + path))
        #expect(try !accepts("https://old.example/mcp" + path, "https://a.example/mcp" + path))
        let single = ProtectedResource(uri: "https://b.example/mcp", scopes: .empty, upstreams: [], clientID: nil)
        let hasOthers = AddressedResource(single, in: ResourceCatalogue([single])) != nil
        #expect(!hasOthers)
    }
}
