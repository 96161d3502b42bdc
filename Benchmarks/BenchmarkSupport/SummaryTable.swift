/// The table of all benchmarks: each ratio with its goal and its accepted value.
package struct SummaryTable {
    /// The reasons why a check fails, one line each.
    package private(set) var failures: [String] = []
    private var table = TextTable(["", "figure", "ratio", "goal", "reached", "accepted", ""])

    /// A table of these benchmarks' ratios.
    package init(_ benchmarks: [(file: ThresholdFile, figures: JSONFigures)]) {
        for (file, figures) in benchmarks {
            table.add([file.benchmark])
            for threshold in file.ratios { add(threshold, figures, file.benchmark) }
        }
    }

    /// The table as lines.
    package var text: String { table.text }

    private mutating func add(_ threshold: Threshold, _ figures: JSONFigures, _ benchmark: String) {
        let ratio = threshold.ratio(in: figures)
        let verdict = threshold.verdict(in: figures)
        let direction = threshold.better == .higher ? "≥" : "≤"
        table.add([
            "  " + threshold.name + (threshold.limitName.map { " of \($0)" } ?? ""),
            figures[threshold.figure].map(Self.text) ?? "–",
            ratio.map(Self.text) ?? "–",
            threshold.goal.map { "\(direction) \(Self.text($0))" } ?? "",
            threshold.reachesGoal(in: figures).map { $0 ? "yes" : "NO" } ?? "",
            threshold.accepted.map(Self.text) ?? "",
            Self.text(verdict),
        ])
        if verdict.isFailure {
            let limit = threshold.accepted.map { ", accepted \(Self.text($0))" } ?? ""
            failures.append(
                "\(benchmark): \(threshold.name): \(Self.text(verdict)) (\(ratio.map(Self.text) ?? "no figure")\(limit))"
            )
        }
    }

    private static func text(_ verdict: Threshold.Verdict) -> String {
        switch verdict {
        case .missing: "missing"
        case .unusable: "unusable"
        case .notCompared, .kept: ""
        case .regressed: "REGRESSED"
        }
    }

    private static func text(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value >= 100 { return "\(Int(value.rounded()))" }
        return value >= 10 ? "\((value * 10).rounded() / 10)" : "\((value * 1000).rounded() / 1000)"
    }
}
