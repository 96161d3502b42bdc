import Testing

@Suite("What we do not call")
struct BannedCallTests {
    /// A rule about calls, and an example that breaks it: a pattern that matches nothing would hold nothing.
    struct Ban: Sendable, CustomTestStringConvertible {
        let name: String
        let pattern: Pattern
        let broken: String
        let kept: String

        var testDescription: String { name }
    }

    /// Time, sleeping, printing and files come in as arguments, so that a test can move, seed and see them.
    private static let hostRules = [
        Ban(name: "the wall clock", pattern: #"\bDate\(\)"#, broken: "let now = Date()", kept: "clock.now()"),
        Ban(
            name: "sleep",
            pattern: #"(?:(?<!\.)|\b(?:Task|Thread)\.)\b(?:u|nano)?sleep\("#,
            broken: "Task.sleep(for: .seconds(1))",
            kept: "clock.sleep(for: delay)"
        ),
        Ban(name: "print", pattern: #"(?<![.\w])print\("#, broken: "print(token)", kept: "fingerprint(key)"),
        Ban(name: "FileManager", pattern: #"\bFileManager\b"#, broken: "FileManager.default", kept: "fileManager"),
    ]

    /// A crash is an outage that a client can cause; the compiler of Swift 6.3 makes one of 128-bit integers in
    /// asynchronous calls.
    private static let rules = [
        Ban(name: "try!", pattern: #"\btry!"#, broken: "try! f()", kept: "try f()"),
        Ban(name: "as!", pattern: #"\bas!"#, broken: "x as! Y", kept: "x as? Y"),
        Ban(name: "UInt128", pattern: #"\bU?Int128\b"#, broken: "let value: UInt128", kept: "let value: Bits128"),
        Ban(name: "fatalError", pattern: #"\bfatalError\("#, broken: "fatalError()", kept: "precondition(x)"),
    ]

    @Test("outside the host", arguments: hostRules)
    func hostOnly(ban: Ban) {
        let hosts: Set = ["GatehouseHosting", "ServerCommand"]
        let findings = SourceTree.sources.filter { !hosts.contains($0.target) }.flatMap { $0.findings(ban.pattern) }
        #expect(findings.isEmpty)
    }

    @Test("anywhere", arguments: rules)
    func everywhere(ban: Ban) {
        let findings = (SourceTree.sources + SourceTree.benchmarks).flatMap { $0.findings(ban.pattern) }
        #expect(findings.isEmpty)
    }

    @Test("and each rule can be broken", arguments: hostRules + rules)
    func canFail(ban: Ban) {
        #expect(ban.pattern.matches(ban.broken))
        #expect(!ban.pattern.matches(ban.kept))
    }

    @Test("a swallowed error has a reason beside it")
    func swallowedErrors() {
        var unexplained: [Finding] = []
        for file in SourceTree.sources {
            let lines = file.lines
            unexplained += file.findings(#"\btry\?"#).filter { finding in
                !lines[max(0, finding.line - 5)..<min(finding.line + 3, lines.count)].contains { $0.contains("//") }
            }
        }
        #expect(unexplained.isEmpty)
    }
}
