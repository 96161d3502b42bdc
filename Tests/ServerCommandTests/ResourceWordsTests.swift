import OAuthProtocol
import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("Resources and scopes as people and clients know them")
struct ResourceWordsTests {
    private static let yaml = """
        issuer: https://a.example
        scopes: [openid, {name: mcp:read, description: read your notes}, {name: mcp:write}]
        resources:
          - uri: https://m.example/mcp
            aliases: [https://old.example/mcp]
            tolerance: [slash, case]
            name: Notes
            description: Notes of the team
            scopes: [mcp:read]
        """

    @Test("scopes are names, or names with words; a list of names stays valid")
    func scopes() throws {
        let configuration = try Configuration(decoding: try YAMLConfiguration.parse(Self.yaml))
        #expect(configuration.scopes.tokens == ["openid", "mcp:read", "mcp:write"])
        #expect(configuration.scopeDescriptions == ["mcp:read": "read your notes"])
        let plain = try YAMLConfiguration.parse("issuer: https://a.example\nscopes: [openid, a]")
        #expect(try Configuration(decoding: plain).scopes.tokens == ["openid", "a"])
    }

    @Test("a resource has aliases, tolerances and words")
    func resource() throws {
        let resource = try Configuration(decoding: try YAMLConfiguration.parse(Self.yaml)).resources[0]
        #expect(resource.aliases == ["https://old.example/mcp"])
        #expect(resource.tolerances == [.slash, .case])
        #expect(resource.name == "Notes" && resource.summary == "Notes of the team")
    }

    @Test("a mistake in them is refused with its path", arguments: refused)
    func refusal(refusal: Refusal) {
        #expect(refusals("issuer: https://a.example\n" + refusal.yaml) == [refusal.line])
    }

    private static func ambiguous(_ resources: String, _ spelling: String) -> Refusal {
        Refusal(
            "resources: [\(resources)]",
            """
            resources[1].tolerance: accepts \(spelling), as resources[0].tolerance does; a spelling must mean one resource \
            (line 2)
            """
        )
    }

    @Test(
        "tolerances on one host are accepted while every spelling means one resource",
        arguments: [
            "{uri: https://m.example/a, tolerance: [origin, slash, case]}, {uri: https://m.example/b, tolerance: [slash]}",
            // A configured resource takes precedence over a tolerated spelling.
            "{uri: https://m.example/a, tolerance: [origin]}, {uri: https://m.example/}",
            """
            {uri: https://m.example/a, tolerance: [origin, case]}, {uri: https://m.example/b, tolerance: [origin]}, \
            {uri: https://m.example/}
            """,
            "{uri: https://m.example/a, tolerance: [slash]}, {uri: https://m.example/a/, tolerance: [slash]}",
        ]
    )
    func unambiguous(resources: String) {
        #expect(refusals("issuer: https://a.example\nresources: [\(resources)]") == [])
    }

    private static let refused = [
        Refusal("scopes: [{description: x}]", "scopes[0].name: is required (line 2)"),
        Refusal(
            "scopes: [{name: 'a b'}]",
            "scopes[0].name: a b is not a scope: printable characters without spaces, quotes, backslashes (line 2)"
        ),
        Refusal("scopes: [a, {name: a}]", "scopes[1]: is listed twice (line 2)"),
        Refusal(
            "scopes: [{name: a, words: x}]",
            "scopes[0].words: unknown key; known keys: name, description (line 2)"
        ),
        Refusal(
            "resources: [{uri: https://m.example/, tolerance: [path]}]",
            "resources[0].tolerance[0]: path is not one of origin, slash, case (line 2)"
        ),
        Refusal(
            "resources: [{uri: https://m.example/a}, {uri: https://n.example/, aliases: [https://M.example/a]}]",
            "resources[1].aliases[0]: https://M.example/a is already the value of resources[0].uri (line 2)"
        ),
        ambiguous(
            "{uri: https://m.example/a, tolerance: [origin]}, {uri: https://m.example/b, tolerance: [origin]}",
            "https://m.example/"
        ),
        ambiguous(
            "{uri: https://m.example/A, tolerance: [case]}, {uri: https://m.example/a, tolerance: [case]}",
            "https://m.example/a"
        ),
        ambiguous(
            "{uri: https://m.example/a, tolerance: [slash]}, {uri: https://m.example/A/, tolerance: [case]}",
            "https://m.example/a/"
        ),
        ambiguous(
            """
            {uri: https://m.example/a, aliases: [https://n.example/x], tolerance: [origin]}, \
            {uri: https://n.example/b, tolerance: [slash, origin]}
            """,
            "https://n.example/"
        ),
    ]
}
