import Testing

@Suite("Rules.md defines each rule that is cited, and each rule in it is tested")
struct RuleTests {
    private static let document = SourceTree.text("Sources/AuthorizationServer/AuthorizationServer.docc/Rules.md") ?? ""

    /// Names of elliptic curves, which look like identifiers.
    private static let curves: Set<String> = ["P-256", "P-384", "P-521"]

    /// Identifiers in samples of providers' answers, which look like those of rules.
    private static let samples: Set<String> = ["R-1", "U-1", "V-1", "W-1", "W-17"]

    /// The identifiers of the page's rows, in their order.
    private static let rows: [Row] = Row.all(in: document)

    @Test("every rule that is cited has a row")
    func definitions() {
        let defined = Set(Self.rows.map(\.rule))
        var undefined: [String] = []
        for file in SourceTree.sources + SourceTree.tests + SourceTree.benchmarks where !Self.isExample(file) {
            let unknown = Self.citations(in: file.text).subtracting(defined)
            undefined += unknown.sorted().map { "\(file.path): \($0)" }
        }
        #expect(undefined.isEmpty)
    }

    @Test("every rule has one row, a source, and a test that names it")
    func tests() {
        #expect(Self.rows.count > 250)
        #expect(Set(Self.rows.map(\.rule)).count == Self.rows.count)
        #expect(Self.rows.filter { $0.text.count < 20 || $0.source.count < 5 }.map(\.rule).isEmpty)
        // Every store runs the conformance rules as its tests.
        let conformance = SourceTree.sources.filter { $0.path.contains("/StoreConformance/") }
        let own = SourceTree.tests.filter { $0.name == "DependencyVersionTests.swift" }
        let tests = SourceTree.tests.filter { $0.target != "RepositoryTests" } + own + conformance
        let named = tests.reduce(into: Set<String>()) { $0.formUnion(Self.citations(in: $1.text)) }
        #expect(Self.rows.map(\.rule).filter { !named.contains($0) }.isEmpty)
    }

    @Test("nothing cites a list that only its author has")
    func privateLists() {
        let pattern: Pattern = #"""
            \b(?:[Pp]eers|DESIGN|STYLE|[Tt]oolhive|[Ss]tandards|[Ff]ield)(?:\.md)?,? §|\b[Dd]ecisions? 0\.\d|(?:[A-Za-z][\w./-]* |\()#\d+\b
            """#
        #expect(pattern.matches("// \("peers") §6") && pattern.matches("// toolhive \("#")12"))
        #expect(!pattern.matches("// stacklok/toolhive#12, RFC 9112 §6.3 #5"))
        let files = SourceTree.sources + SourceTree.tests + SourceTree.benchmarks
        let findings = files.filter { !Self.isExample($0) }.flatMap { file in
            pattern.matches(in: file.text).map { "\(file.path):\($0.line): \($0.groups[0])" }
        }
        #expect(findings.isEmpty)
    }

    @Test("a citation may name a range")
    func ranges() {
        #expect(
            Self.citations(in: "(ZZ-7…9, D-31…D-33; SHA-256, P-256)") == [
                "ZZ-7", "ZZ-8", "ZZ-9", "D-31", "D-32", "D-33",
            ]
        )
    }

    private static func isExample(_ file: SourceTree.File) -> Bool { file.name == "RuleTests.swift" }

    /// The identifiers in a text; `CA-1…5` names five of them.
    private static func citations(in text: String) -> Set<String> {
        let pattern: Pattern = #"\b([A-Z]{1,2})-(\d{1,3})\b(?:…(?:[A-Z]{1,2}-)?(\d{1,3})\b)?"#
        var found: Set<String> = []
        for match in pattern.matches(in: text) {
            guard let first = Int(match.groups[2]) else { continue }
            let last = max(first, Int(match.groups[3]) ?? first)
            found.formUnion((first...last).map { "\(match.groups[1])-\($0)" })
        }
        return found.subtracting(curves).subtracting(samples)
    }

    private struct Row {
        let rule: String
        let text: String
        let source: String

        static func all(in document: String) -> [Row] {
            let pattern: Pattern = #"^\| ([A-Z]{1,2}-\d{1,3}) \| (.*) \| (.*) \|$"#
            return pattern.matches(in: document).map {
                Row(rule: $0.groups[1], text: $0.groups[2], source: $0.groups[3])
            }
        }
    }
}
