import OAuthProtocol
import ServerConfiguration
import Testing

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

    @Test("what is wrong with them is refused at its place", arguments: refused)
    func refusal(refusal: Refusal) {
        #expect(refusals("issuer: https://a.example\n" + refusal.yaml) == [refusal.line])
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
    ]
}
