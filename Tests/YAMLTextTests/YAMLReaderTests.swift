import Testing

@testable import YAMLText

@Suite("YAML becomes nodes with lines")
struct YAMLReaderTests {
    private static func scalar(_ text: String, line: Int, isPlain: Bool = true) -> YAMLNode {
        YAMLNode(content: .scalar(text, isPlain: isPlain), line: line)
    }

    private static func entries(_ text: String) throws -> [YAMLNode.Entry] {
        guard case .mapping(let entries)? = try YAMLReader.read(text)?.content else { return [] }
        return entries
    }

    @Test("texts of every style, maps in their order, and lists")
    func styles() throws {
        let text = "b: plain\na: 'it''s'\nc: \"\\u00e9\\0\"\nd: |\n  one\n  two\ne: >\n  one\n  two\nf: [1, {g: }]\n"
        let entries = try Self.entries(text)
        #expect(entries.map(\.key.content) == "bacdef".map { .scalar(String($0), isPlain: true) })
        let values: [YAMLNode] = [
            Self.scalar("plain", line: 1), Self.scalar("it's", line: 2, isPlain: false),
            Self.scalar("é\0", line: 3, isPlain: false), Self.scalar("one\ntwo\n", line: 4, isPlain: false),
            Self.scalar("one two\n", line: 7, isPlain: false),
        ]
        #expect(entries.dropLast().map(\.value) == values)
        guard case .sequence(let elements)? = entries.last?.value.content else {
            Issue.record("no list")
            return
        }
        #expect(elements.first == Self.scalar("1", line: 10))
        let inner = YAMLNode.Entry(key: Self.scalar("g", line: 10), value: Self.scalar("", line: 10))
        #expect(elements.last?.content == .mapping([inner]))
    }

    @Test("an alias is the node that its anchor names")
    func alias() throws {
        let entries = try Self.entries("a: &x [1]\nb: *x\n")
        #expect(entries.map(\.value).first == entries.map(\.value).last)
    }

    @Test("a text without a document has no node", arguments: ["", "\n\n", "# only a comment\n", "\u{FEFF}"])
    func empty(text: String) throws {
        #expect(try YAMLReader.read(text) == nil)
    }

    @Test("a byte order mark, the line ends of Windows and characters of every plane are read")
    func characters() throws {
        let entries = try Self.entries("\u{FEFF}a: é😀\r\nb: 1\r\n")
        #expect(entries.map(\.value) == [Self.scalar("é😀", line: 1), Self.scalar("1", line: 2)])
    }

    @Test("the same key twice is refused, quoted or not")
    func keys() throws {
        #expect(throws: YAMLError.repeatedKey("a", line: 3)) { try YAMLReader.read("a: 1\nb: 2\n'a': 3") }
        #expect(throws: YAMLError.repeatedKey("b", line: 1)) { try YAMLReader.read("a: {b: 1, b: 2}") }
        #expect(try Self.entries("a: {b: 1}\nb: {b: 2}").count == 2)
    }

    @Test(
        "what is no YAML says why and where",
        arguments: [
            ("a: b: c", "mapping values are not allowed in this context", 1),
            ("a: 1\n- b", "did not find expected key", 2),
            ("a:\n\t- b", "found character that cannot start any token", 2),
            ("a: *x", "found undefined alias", 1), ("a: &a [*a]", "found undefined alias", 1),
            ("a: 'b", "found unexpected end of stream", 1), ("a: 1\n---\nb: 2", "there is more than one document", 2),
            ("a: \u{1}", "control characters are not allowed", nil),
        ] as [(String, String, Int?)]
    )
    func refusal(text: String, problem: String, line: Int?) {
        #expect(throws: YAMLError.invalid(problem, line: line)) { try YAMLReader.read(text) }
    }

    @Test("a nesting that would need too many calls is refused, and aliases cost no memory")
    func bounds() throws {
        let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        #expect(throws: YAMLError.invalid("lists and maps are nested too deeply", line: 1)) {
            try YAMLReader.read(deep)
        }
        let ladder = String(repeating: "[", count: 150) + String(repeating: "]", count: 150)
        #expect(try YAMLReader.read(ladder) != nil)
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(try Self.entries(bomb).count == 13)
    }
}
