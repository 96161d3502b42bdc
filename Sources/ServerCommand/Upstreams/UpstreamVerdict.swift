/// What a check found out about one upstream, as the operator reads it.
struct UpstreamVerdict: Sendable {
    /// How good or bad it is; the worst of the findings.
    enum Level: Int, Comparable, Sendable {
        case good
        case warning
        case failed

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        var word: String {
            switch self {
            case .good: "ok"
            case .warning: "warning"
            case .failed: "FAILED"
            }
        }
    }

    /// One thing that was looked at.
    struct Finding: Sendable {
        let level: Level
        let subject: String
        let text: String
        /// What to do about it; `nil` for a good one.
        var remedy: String?
    }

    /// The upstream's name.
    let name: String
    private(set) var findings: [Finding] = []

    init(_ name: String) {
        self.name = name
    }

    /// The worst of the findings.
    var level: Level { findings.map(\.level).max() ?? .good }

    mutating func note(_ subject: String, _ text: String) {
        findings.append(Finding(level: .good, subject: subject, text: text))
    }

    mutating func warn(_ subject: String, _ text: String, remedy: String) {
        findings.append(Finding(level: .warning, subject: subject, text: text, remedy: remedy))
    }

    mutating func fail(_ subject: String, _ text: String, remedy: String) {
        findings.append(Finding(level: .failed, subject: subject, text: text, remedy: remedy))
    }

    /// The verdict and its findings, a line each.
    var lines: [String] {
        ["upstream \(name): \(level.word)"]
            + findings.flatMap { finding -> [String] in
                let mark = finding.level == .good ? "" : "\(finding.level.word): "
                let subject = finding.subject.padding(to: Self.subjectWidth)
                let line = "  \(subject)\(mark)\(finding.text)"
                let indent = String(repeating: " ", count: 2 + Self.subjectWidth)
                return [line] + (finding.remedy.map { ["\(indent)-> \($0)"] } ?? [])
            }
    }

    private static let subjectWidth = 24
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self + " "
    }
}
