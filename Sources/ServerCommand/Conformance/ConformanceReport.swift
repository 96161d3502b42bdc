import OAuthProtocol

/// What the suite found at one server.
struct ConformanceReport: Sendable {
    /// The outcome of a check.
    enum Verdict: String, Sendable {
        case passed
        case failed
        /// A rule of level ``ConformanceCheck/Level/should`` that does not hold.
        case warning
        case notChecked = "not checked"
    }

    /// A check with its outcome.
    struct Row: Sendable {
        let group: String
        let check: ConformanceCheck
        let verdict: Verdict
        /// What the server did, or what prevented the check; printable, at most 300 characters.
        let reason: String?

        init(group: String, check: ConformanceCheck, verdict: Verdict, reason: String?) {
            self.group = group
            self.check = check
            self.verdict = verdict
            // A server's words must not reach a terminal as control sequences.
            self.reason = reason.map { String(OutputTable.text(.string($0)).prefix(300)) }
        }
    }

    let issuer: String
    let revision: MCPRevision
    let rows: [Row]

    /// How many checks had an outcome.
    func count(_ verdict: Verdict) -> Int { rows.count { $0.verdict == verdict } }

    /// One line for each check, in groups, and a summary.
    var lines: [String] {
        var lines = ["issuer \(OutputTable.text(.string(issuer))), rules for MCP \(revision.rawValue)"]
        let ruleWidth = rows.map(\.check.rule.count).max() ?? 0
        var group = ""
        for row in rows {
            if row.group != group {
                group = row.group
                lines += ["", group]
            }
            let verdict = Self.padded(row.verdict == .failed ? "FAILED" : row.verdict.rawValue, 11)
            let rule = Self.padded(row.check.rule, ruleWidth)
            lines.append("  \(verdict)  \(rule)  \(row.check.requirement) (\(row.check.source))")
            if let reason = row.reason { lines.append(Self.padded("", 15) + "-> " + reason) }
        }
        return lines + ["", summary]
    }

    /// The counts in one line.
    var summary: String {
        "\(count(.passed)) passed, \(count(.failed)) failed, \(count(.warning)) warnings, "
            + "\(count(.notChecked)) not checked"
    }

    /// The report for programs.
    var json: JSONObject {
        [
            "issuer": .string(issuer), "mcp_revision": .string(revision.rawValue),
            "summary": [
                "passed": .integer(count(.passed)), "failed": .integer(count(.failed)),
                "warnings": .integer(count(.warning)), "not_checked": .integer(count(.notChecked)),
            ],
            "checks": .array(rows.map { .object(Self.json($0)) }),
        ]
    }

    private static func json(_ row: Row) -> JSONObject {
        var json: JSONObject = [
            "group": .string(row.group), "rule": .string(row.check.rule), "source": .string(row.check.source),
            "since": .string(row.check.since.rawValue), "level": .string(row.check.level.rawValue),
            "requirement": .string(row.check.requirement), "verdict": .string(row.verdict.rawValue),
        ]
        json["reason"] = row.reason.map(JSONValue.string)
        return json
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
