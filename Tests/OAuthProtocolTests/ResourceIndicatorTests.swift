import OAuthProtocol
import Testing

/// RFC 8707: resource indicators.
@Suite("RFC 8707: resources")
struct ResourceIndicatorTests {
    private static func resource(_ uri: String) -> ProtectedResource {
        ProtectedResource(uri: uri, scopes: ScopeSet(["s"]), upstreams: [], clientID: nil)
    }

    private let several = ResourceCatalogue([
        resource("https://mcp.example.com/mcp"), resource("https://tools.example.com"),
        resource("https://q.example/a?b=1"),
        resource("http://localhost:3001/mcp"),
    ])
    private let one = ResourceCatalogue([resource("https://mcp.example.com/mcp")])

    private func code(_ body: () throws -> ProtectedResource) -> OAuthError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? OAuthError)?.code
        }
    }

    @Test(
        "FD-6, RI-1: spellings that SDKs make of a registered URI find it, and its registered spelling comes out",
        arguments: [
            ("https://mcp.example.com/mcp", "https://mcp.example.com/mcp"),
            ("HTTPS://MCP.Example.COM/mcp", "https://mcp.example.com/mcp"),
            ("https://tools.example.com", "https://tools.example.com"),
            ("https://tools.example.com/", "https://tools.example.com"),
            ("https://q.example/a?b=1", "https://q.example/a?b=1"),
            ("http://localhost:3001/mcp", "http://localhost:3001/mcp"),
        ]
    )
    func found(requested: String, registered: String) throws {
        #expect(try several.resource(requested).uri == registered)
        #expect(try several.resource(requested: [requested]).uri == registered)
    }

    @Test(
        "RI-1, D-45: anything else is invalid_target",
        arguments: [
            "", "mcp", "/mcp", "https://mcp.example.com/mcp/", "https://mcp.example.com", "https://mcp.example.com/MCP",
            "https://mcp.example.com/mcp?x", "https://mcp.example.com/mcp#", "https://mcp.example.com/mcp#f",
            "https://mcp.example.com:443/mcp", "http://mcp.example.com/mcp", "https://u@mcp.example.com/mcp",
            "https://mcp.example.com/%6dcp", "https://mcp.example.com/x/../mcp", "https://mcp.example.com/mcp/sub",
            "https://evil.example/mcp", "https://169.254.169.254/latest", "http://10.0.0.1/",
            "http://localhost:3002/mcp",
            "https://q.example/a", "https://q.example/a?b=2", "https://mcp.example.com\\mcp", "urn:x", "https://",
            "https://mcp.example.com/mcp ", "https://tools.example.com//", "https://\u{212A}.example/",
        ]
    )
    func unknown(requested: String) {
        #expect(code { try several.resource(requested) } == .invalidTarget)
    }

    @Test("CR-2's bound holds here too: a long value is refused without being looked up")
    func long() {
        let text = "https://mcp.example.com/" + String(repeating: "a", count: 2048)
        #expect(code { try ResourceCatalogue([Self.resource(text)]).resource(text) } == .invalidTarget)
    }

    @Test("FD-5: without a resource the only registered one is meant; of several, none")
    func defaults() throws {
        #expect(try one.resource(requested: []).uri == "https://mcp.example.com/mcp")
        #expect(code { try several.resource(requested: []) } == .invalidTarget)
        #expect(code { try ResourceCatalogue([]).resource(requested: []) } == .invalidTarget)
    }

    @Test("RI-2: several spellings of one are one; two different ones, or one unknown among them, are refused")
    func severalValues() throws {
        let same = ["https://tools.example.com", "https://tools.example.com/", "https://TOOLS.example.com"]
        #expect(try several.resource(requested: same).uri == "https://tools.example.com")
        let different = ["https://mcp.example.com/mcp", "https://tools.example.com"]
        #expect(code { try several.resource(requested: different) } == .invalidTarget)
        let mixed = ["https://mcp.example.com/mcp", "https://evil.example"]
        #expect(code { try several.resource(requested: mixed) } == .invalidTarget)
        #expect(code { try several.resource(requested: mixed.reversed()) } == .invalidTarget)
    }

    @Test("of two registrations that compare equal, the first counts")
    func duplicates() throws {
        let catalogue = ResourceCatalogue([Self.resource("https://a.example/"), Self.resource("https://a.example")])
        #expect(try catalogue.resource("https://A.example").uri == "https://a.example/")
    }
}
