import Testing

@Suite("Code is distinguished from comments and strings")
struct SwiftTextTests {
    @Test(
        "so that a rule about a word sees only code",
        arguments: [
            ("a // b", "a"), ("a /* b */ c", "a c"), ("a \"b\" c", "a \"\" c"), ("a \"b \\\" b\" c", "a \"\" c"),
            ("\"b \\(c + \"b\") b\" d", "\"\"+(c + \"\")+\"\" d"), ("#\"b \" b\"# c", "#\"\"# c"),
            ("#\"b \\(b) \\#(c)\"# d", "#\"\"+(c)+\"\"# d"), ("\"https://b\" c", "\"\" c"),
            ("\"\"\"\nb \" b\n\"\"\" c", "\"\"\"\n\n\"\"\" c"), ("f(\"(\") c", "f(\"\") c"), ("\"b", "\"\""),
        ]
    )
    func blanks(text: String, expected: String) {
        func squeezed(_ text: String) -> String { text.filter { $0 != " " } }
        #expect(squeezed(SwiftText.code(text)) == squeezed(expected))
    }

    @Test("and lines keep their numbers")
    func keepsLines() {
        let text = "a\n/* b\nb */ c\n\"\"\"\nb\n\"\"\"\nd"
        #expect(SwiftText.code(text).split(separator: "\n", omittingEmptySubsequences: false).count == 7)
        let file = SourceTree.File(path: "x.swift", text: text)
        #expect(file.findings(#"\bd\b"#) == [Finding(path: "x.swift", line: 7, text: "d")])
        #expect(file.findings(#"\bb\b"#).isEmpty)
    }
}
