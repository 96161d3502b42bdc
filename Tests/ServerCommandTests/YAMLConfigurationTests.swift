import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("YAML becomes a tree with lines")
struct YAMLConfigurationTests {
    @Test("in which empty and null are no value, and quoted text is text")
    func nulls() throws {
        let root = try YAMLConfiguration.parse("a:\nb: ~\nc: null\nd: 'null'\ne: ''\nf: 012")
        guard case .map(let entries) = root.content else {
            Issue.record("not a map: \(root)")
            return
        }
        let contents: [ConfigurationNode.Content] = [
            .empty, .empty, .empty, .scalar("null"), .scalar(""), .scalar("012"),
        ]
        #expect(entries.map(\.node.content) == contents)
        #expect(entries.map(\.location) == (1...6).map(ConfigurationLocation.line))
    }

    @Test(
        "or is refused with its line",
        arguments: [
            Refusal("issuer: a\nissuer: b", "issuer: occurs twice in one map (line"),
            Refusal("tokens: {a: 1, a: 2}", "a: occurs twice in one map (line"),
            Refusal("a: [1", "not valid YAML: did not find expected"),
            Refusal("a: b: c", "not valid YAML: mapping values are not allowed in this context (line 1"),
            Refusal("a: 1\n---\na: 2", "not valid YAML:"),
            Refusal("a: *x", "not valid YAML: found undefined alias (line 1"),
            Refusal("? [a]\n: 1", "a key must be a name (line 1"),
            Refusal("a: \"\u{1}\"", "not valid YAML:"),
        ]
    )
    func refusal(_ refusal: Refusal) throws {
        let lines = refusals(refusal.yaml)
        #expect(lines.count == 1 && lines.first?.hasPrefix(refusal.line) == true, "\(lines)")
    }

    @Test("and neither aliases nor nesting make it grow without bound")
    func bounds() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            let element = "*a\(level - 1)"
            bomb += "a\(level): &a\(level) [\(Array(repeating: element, count: 10).joined(separator: ", "))]\n"
        }
        #expect(refusals(bomb).first?.hasPrefix("has too many values or is nested too deeply") == true)
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(refusals(deep).first?.hasPrefix("has too many values or is nested too deeply") == true)
    }
}
