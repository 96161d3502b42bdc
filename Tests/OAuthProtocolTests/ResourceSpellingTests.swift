import OAuthProtocol
import Testing

@Suite("FD-6: further spellings of a resource, as far as the operator accepts them")
struct ResourceSpellingTests {
    private func catalogue(_ tolerances: Set<ResourceTolerance>, aliases: [String] = []) -> ResourceCatalogue {
        var resource = ProtectedResource(uri: "https://a.example/Mcp", scopes: .empty, upstreams: [], clientID: nil)
        resource.tolerances = tolerances
        resource.aliases = aliases
        let other = ProtectedResource(uri: "https://b.example/", scopes: .empty, upstreams: [], clientID: nil)
        return ResourceCatalogue([resource, other])
    }

    private func found(_ text: String, _ catalogue: ResourceCatalogue) -> String? {
        // What is not found is the point.
        try? catalogue.resource(text).uri
    }

    @Test(
        "a difference is accepted only with its tolerance",
        arguments: [
            ("https://a.example/Mcp/", .slash), ("https://a.example", .origin), ("https://a.example/", .origin),
            ("https://a.example/mcp", .case), ("https://A.example/MCP", .case),
        ] as [(String, ResourceTolerance)]
    )
    func tolerance(text: String, tolerance: ResourceTolerance) {
        #expect(found(text, catalogue([tolerance])) == "https://a.example/Mcp")
        #expect(found(text, catalogue(Set(ResourceTolerance.allCases).subtracting([tolerance]))) == nil)
    }

    @Test(
        "no tolerance accepts another path, host, port, scheme or query",
        arguments: [
            "https://a.example/Mcp/x", "https://a.example/Mc", "https://c.example/Mcp", "https://a.example:8443/Mcp",
            "http://a.example/Mcp", "https://a.example/Mcp?x", "https://a.example//", "https://a.example/Mcp//",
            "https://user@a.example/Mcp", "https://a.example/Mcp#x",
        ]
    )
    func refused(text: String) {
        #expect(found(text, catalogue(Set(ResourceTolerance.allCases))) == nil)
    }

    @Test("tolerances combine, and hold for aliases")
    func combined() {
        let tolerant = catalogue([.slash, .case], aliases: ["https://old.example/V1/"])
        for text in ["https://a.example/mcp/", "https://old.example/V1/", "https://old.example/v1"] {
            #expect(found(text, tolerant) == "https://a.example/Mcp")
        }
        #expect(found("https://old.example/", tolerant) == nil)
        #expect(found("https://old.example/V1", catalogue([], aliases: ["https://old.example/V1/"])) == nil)
    }

    @Test("a configured address precedes another resource's tolerance")
    func precedence() {
        var below = ProtectedResource(uri: "https://a.example/mcp", scopes: .empty, upstreams: [], clientID: nil)
        below.tolerances = [.origin, .slash, .case]
        let root = ProtectedResource(uri: "https://a.example/", scopes: .empty, upstreams: [], clientID: nil)
        let other = ProtectedResource(uri: "https://a.example/MCP/", scopes: .empty, upstreams: [], clientID: nil)
        let catalogue = ResourceCatalogue([below, root, other])
        #expect(found("https://a.example", catalogue) == root.uri)
        #expect(found("https://a.example/MCP/", catalogue) == other.uri)
        #expect(found("https://a.example/mcp/", catalogue) == below.uri)
    }

    @Test("what two resources tolerate is ambiguous, unless it is the address of one")
    func ambiguity() {
        func resource(_ path: String, _ tolerances: Set<ResourceTolerance>) -> ProtectedResource {
            var resource = ProtectedResource(
                uri: "https://a.example" + path,
                scopes: .empty,
                upstreams: [],
                clientID: nil
            )
            resource.tolerances = tolerances
            return resource
        }
        let (first, second) = (resource("/x", [.origin, .case]), resource("/y", [.origin, .slash]))
        let found = AmbiguousSpelling.all(among: [first, second])
        #expect(found.map(\.text) == ["https://a.example/"] && found.map { [$0.first, $0.second] } == [[0, 1]])
        #expect(AmbiguousSpelling.all(among: [first, second, resource("", [])]).isEmpty)
        let folded = AmbiguousSpelling.all(among: [first, resource("/z", [.case]), resource("/X", [.case])])
        #expect(folded.map(\.text) == ["https://a.example/x"] && folded.map { [$0.first, $0.second] } == [[0, 2]])
    }

    @Test("an alias is no audience: tokens have the configured address")
    func audience() {
        let catalogue = catalogue([.origin], aliases: ["https://old.example/V1"])
        #expect(catalogue.audiences == ["https://a.example/Mcp", "https://b.example/"])
        #expect(catalogue.registered("https://old.example/V1") == nil)
    }
}
