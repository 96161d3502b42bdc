import Testing

@Suite("Comments, messages and documents are plain English")
struct LanguageTests {
    /// Words and turns that readers who learned English elsewhere stumble over, each with a sentence that has it.
    struct Turn: Sendable, CustomTestStringConvertible {
        let instead: String
        let pattern: Pattern
        let broken: String
        let kept: String

        var testDescription: String { instead }
    }

    private static let turns = [
        Turn(
            instead: "because, or a sentence of its own",
            pattern: Pattern("[,;:] for (?:\(subjects))\\b"),
            broken: "refused, for it may be stolen",
            kept: "kept for the next use, for example a key"
        ),
        Turn(
            instead: "a client that, or whichever noun is meant",
            pattern: #"(?i)\bwho(?:ever|mever|soever)\b"#,
            broken: "Whoever asks is refused",
            kept: "a client that asks is refused"
        ),
        Turn(instead: "no client, no user", pattern: #"(?i)\bnobody\b"#, broken: "nobody waits", kept: "no task waits"),
        Turn(
            instead: "in the meantime",
            pattern: #"(?i)\bmeanwhile\b"#,
            broken: "it ended meanwhile",
            kept: "it ended in the meantime"
        ),
        Turn(
            instead: "is, holds, occurs",
            pattern: #"(?i)\b(?:stands?|stood)\b"#,
            broken: "the key stands in the file",
            kept: "the key is in the file, as the standard says"
        ),
        Turn(
            instead: "accepted, admitted",
            pattern: #"(?i)\blet(?:s|ting)? in\b"#,
            broken: "the client is let in",
            kept: "let index = 1; letters in it"
        ),
        Turn(
            instead: "is evicted, yields",
            pattern: #"(?i)\bg(?:ives?|ave|iving) way\b"#,
            broken: "the oldest gives way",
            kept: "the oldest is evicted"
        ),
        Turn(
            instead: "reported, informed",
            pattern: #"(?i)\btold\b"#,
            broken: "the client is told",
            kept: "the threshold is told_once"
        ),
        Turn(
            instead: "no longer, that login's, while, available",
            pattern: #"(?i)\b(?:of then|any ?more|so long|at hand)\b"#,
            broken: "not valid any more",
            kept: "no longer valid, so longer tokens, many more"
        ),
    ]

    private static let subjects = [
        "it|he|she|they|we|you|that|this|these|those|there|nothing|what|which|who|an?|the|our|its|his|her|their|your",
        "no|each|every|some|any|many|most|both|one|two|other|others|another|only|then|else|such|all",
    ].joined(separator: "|")

    private static var files: [SourceTree.File] {
        (SourceTree.sources + SourceTree.tests + SourceTree.benchmarks).filter { $0.name != "LanguageTests.swift" }
    }

    @Test("in Swift files", arguments: turns)
    func swiftFiles(turn: Turn) {
        #expect(Self.files.count > 50)
        let findings = Self.files.flatMap { file in
            turn.pattern.matches(in: file.text).map { "\(file.path):\($0.line): \($0.groups[0])" }
        }
        #expect(findings.isEmpty)
    }

    @Test("in documents and scripts", arguments: turns)
    func documents(turn: Turn) {
        let paths = SourceTree.committedPaths.filter {
            $0.hasSuffix(".md") || $0 == "Makefile" || $0.hasPrefix(".ci/")
        }
        #expect(paths.count > 10)
        let findings = paths.flatMap { path in
            turn.pattern.matches(in: SourceTree.text(path) ?? "").map { "\(path):\($0.line): \($0.groups[0])" }
        }
        #expect(findings.isEmpty)
    }

    @Test("and each rule can be broken", arguments: turns)
    func canFail(turn: Turn) {
        #expect(turn.pattern.matches(turn.broken))
        #expect(!turn.pattern.matches(turn.kept))
    }

    @Test("comments keep to the 120 columns of the code")
    func width() {
        let findings = Self.files.flatMap { file in
            file.lines.enumerated()
                .filter { $1.count > 120 && $1.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") }
                .map { "\(file.path):\($0.offset + 1)" }
        }
        #expect(findings.isEmpty)
    }
}
