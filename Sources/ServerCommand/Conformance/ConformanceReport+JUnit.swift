import Foundations

extension ConformanceReport {
    /// The report as JUnit XML, which continuous integration systems read: a suite for each group.
    ///
    /// What was not checked is skipped, and a warning is an output of a test that passed.
    var junit: String {
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="gatehouse conformance" tests="\(rows.count)" failures="\(count(.failed))" \
            skipped="\(count(.notChecked))">

            """
        for group in ConformanceGroup.all.map(\.name) {
            let rows = rows.filter { $0.group == group }
            guard !rows.isEmpty else { continue }
            let failures = rows.count { $0.verdict == .failed }
            let skipped = rows.count { $0.verdict == .notChecked }
            text += "<testsuite name=\"\(group)\" tests=\"\(rows.count)\" failures=\"\(failures)\" "
            text += "skipped=\"\(skipped)\">\n"
            for row in rows { text += Self.testCase(row) }
            text += "</testsuite>\n"
        }
        return text + "</testsuites>\n"
    }

    private static func testCase(_ row: Row) -> String {
        let name = escaped("\(row.check.rule): \(row.check.requirement) (\(row.check.source))")
        let reason = escaped(row.reason ?? "")
        let content =
            switch row.verdict {
            case .passed: ""
            case .failed: "<failure message=\"\(reason)\"/>"
            case .warning: "<system-out>warning: \(reason)</system-out>"
            case .notChecked: "<skipped message=\"\(reason)\"/>"
            }
        return "<testcase classname=\"\(escaped(row.group))\" name=\"\(name)\">\(content)</testcase>\n"
    }

    private static func escaped(_ text: String) -> String {
        var output = ""
        output.append(escapedForHTML: text)
        return output
    }
}
