import OAuthProtocol
import Testing

@testable import ServerCommand

@Suite("The report of gatehouse conformance")
struct ConformanceReportTests {
    private static let report: ConformanceReport = {
        let must = ConformanceCheck("AZ-7", "OAuth 2.1 §4.1.1", "A <rule> & \"more\"") { _ in }
        let should = ConformanceCheck("CX-1", "Fetch standard", "Another", since: .june2025, level: .should) { _ in }
        let rows: [ConformanceReport.Row] = [
            .init(group: "metadata", check: must, verdict: .passed, reason: nil),
            .init(group: "metadata", check: must, verdict: .failed, reason: "it said <b>\u{1B}[31m & 'x'"),
            .init(group: "codes", check: should, verdict: .warning, reason: String(repeating: "r", count: 1000)),
            .init(group: "codes", check: must, verdict: .notChecked, reason: "no login"),
        ]
        return ConformanceReport(issuer: "https://as.example", revision: .july2026, rows: rows)
    }()

    @Test("Lines have the verdict, the rule and its section; a reason has no control character and an end")
    func lines() {
        let lines = Self.report.lines
        #expect(lines.first == "issuer https://as.example, rules for MCP 2026-07-28")
        #expect(lines.contains("  FAILED       AZ-7  A <rule> & \"more\" (OAuth 2.1 §4.1.1)"))
        #expect(lines.contains("               -> it said <b>[31m & 'x'"))
        #expect(lines.contains { $0.hasPrefix("  not checked  AZ-7") })
        #expect(lines.allSatisfy { $0.count <= 320 })
        #expect(lines.last == "1 passed, 1 failed, 1 warnings, 1 not checked")
    }

    @Test("JSON has every row with its verdict and level")
    func json() throws {
        let json = Self.report.json
        #expect(json["summary"] == ["passed": 1, "failed": 1, "warnings": 1, "not_checked": 1])
        let checks = try #require(json["checks"]?.arrayValue).compactMap(\.objectValue)
        #expect(checks.map { $0["verdict"]?.stringValue } == ["passed", "failed", "warning", "not checked"])
        #expect(checks[2]["level"]?.stringValue == "should" && checks[2]["since"]?.stringValue == "2025-06-18")
        #expect(checks[0]["reason"] == nil && checks[3]["reason"]?.stringValue == "no login")
    }

    @Test("JUnit counts failures and what was not checked, and escapes a server's words")
    func junit() {
        let text = Self.report.junit
        #expect(text.contains("tests=\"4\" failures=\"1\" skipped=\"1\""))
        #expect(text.contains("<testsuite name=\"metadata\" tests=\"2\" failures=\"1\" skipped=\"0\">"))
        #expect(text.contains("<failure message=\"it said &lt;b&gt;[31m &amp; &#39;x&#39;\"/>"))
        #expect(text.contains("<skipped message=\"no login\"/>"))
        #expect(text.contains("name=\"AZ-7: A &lt;rule&gt; &amp; &quot;more&quot; (OAuth 2.1 §4.1.1)\""))
        #expect(text.split(separator: "<testcase ").count == 5 && !text.contains("\u{1B}"))
    }

    @Test(
        "The command line refuses other machines, unknown rules and malformed values",
        arguments: [
            ("https://as.example", [], []), ("http://10.0.0.1:8080", [], []), ("as.example", [], []),
            ("http://127.0.0.1.evil.example", [], []), ("file:///etc/passwd", [], []), ("", [], []),
            ("http://127.0.0.1:8080", ["AZ-7", "AZ-x"], []), ("http://127.0.0.1:8080", [], ["session"]),
            ("http://127.0.0.1:8080", [], ["=x"]),
        ] as [(String, [String], [String])]
    )
    func refusals(issuer: String, rules: [String], cookies: [String]) {
        let objection = ConformanceCommand.objection(
            issuer: issuer,
            allowsRemote: false,
            rules: rules,
            cookies: cookies
        )
        #expect(objection != nil)
    }

    @Test("It refuses a rule of a later revision than the one that is checked, because no check would run")
    func laterRule() {
        func objection(_ rules: [String], _ revision: MCPRevision) -> String? {
            ConformanceCommand.objection(
                issuer: "http://127.0.0.1:8080",
                allowsRemote: false,
                rules: rules,
                revision: revision,
                cookies: []
            )
        }
        #expect(objection(["AZ-7", "RI-3"], .march2025) == "no check for MCP 2025-03-26 has the rule RI-3")
        #expect(objection(["AZ-7"], .march2025) == nil)
        #expect(objection(["AZ-7", "RI-3"], .current) == nil)
    }

    @Test(
        "It accepts this machine, and others when that is said",
        arguments: [
            ("http://127.0.0.1:8080", false, ["AZ-7", "TK-1"], []), ("http://[::1]:8080/tenant", false, [], ["a=b=c"]),
            ("http://localhost", false, [], []), ("https://as.example", true, [], []),
        ] as [(String, Bool, [String], [String])]
    )
    func accepted(issuer: String, allowsRemote: Bool, rules: [String], cookies: [String]) {
        let objection = ConformanceCommand.objection(
            issuer: issuer,
            allowsRemote: allowsRemote,
            rules: rules,
            cookies: cookies
        )
        #expect(objection == nil)
    }
}
