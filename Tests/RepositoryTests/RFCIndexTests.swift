import Testing

@Suite("RFCIndex maps each RFC to its files and its test suites")
struct RFCIndexTests {
    private static let path = "Sources/AuthorizationServer/AuthorizationServer.docc/RFCIndex.md"

    /// One section of the page: an RFC, its files and its suites.
    private struct Section {
        let number: Int
        var sources: Set<String> = []
        var tests: Set<String> = []
    }

    @Test("every file that it names exists")
    func namesExist() throws {
        let text = try #require(SourceTree.text(Self.path))
        let names = Self.fileNames(in: text)
        #expect(!names.isEmpty)
        let missing = names.filter { !SourceTree.exists("Sources/\($0)") && !SourceTree.exists("Tests/\($0)") }
        #expect(missing.isEmpty)
    }

    @Test("every file whose header cites an RFC is listed under that RFC")
    func isComplete() throws {
        let sections = try sections()
        var missing: [String] = []
        for file in SourceTree.sources {
            let name = file.components.dropFirst().joined(separator: "/")
            for number in SpecificationHeader(of: file).requestsForComments.sorted()
            where sections[number]?.sources.contains(name) != true {
                missing.append("RFC \(number): `\(name)`")
            }
        }
        #expect(missing.isEmpty)
    }

    @Test("every RFC in it has a test suite")
    func isTested() throws {
        let untested = try sections().values.filter(\.tests.isEmpty).map(\.number).sorted()
        #expect(untested.isEmpty)
    }

    @Test("every rule of clients, their authentication and their tokens is named in the suite that the page says")
    func rulesAreTested() throws {
        let text = try #require(SourceTree.text(Self.path))
        let entry: Pattern = #"^- ([A-Z]{1,2}-\d+):"#
        var rules: [String: [String]] = [:]
        for line in text.split(separator: "\n") {
            guard let rule = entry.matches(in: String(line)).first?.groups[1] else { continue }
            rules[rule] = Self.fileNames(in: String(line))
        }
        for (prefix, count) in [("CM", 11), ("CR", 13), ("CA", 6), ("RV", 2), ("IN", 1), ("OP", 5), ("CC", 1)] {
            for number in 1...count {
                let rule = "\(prefix)-\(number)"
                let suites = try #require(rules[rule], "\(rule) is not on the page")
                #expect(!suites.isEmpty, "\(rule) has no test")
            }
        }
        let unnamed = rules.flatMap { rule, suites in
            suites.filter { SourceTree.text("Tests/\($0)")?.contains(rule) != true }.map { "\(rule): \($0)" }
        }
        #expect(unnamed.isEmpty)
    }

    private static func fileNames(in text: String) -> [String] {
        let pattern: Pattern = "`([^`]+\\.swift)`"
        return pattern.matches(in: text).map { $0.groups[1] }
    }

    private func sections() throws -> [Int: Section] {
        let text = try #require(SourceTree.text(Self.path))
        var sections: [Int: Section] = [:]
        var current: Int?
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") {
                let heading: Pattern = #"RFC (\d{4})"#
                current = heading.matches(in: String(line)).first.flatMap { Int($0.groups[1]) }
            }
            guard let number = current else { continue }
            var section = sections[number] ?? Section(number: number)
            for name in Self.fileNames(in: String(line)) {
                if SourceTree.exists("Tests/\(name)") {
                    section.tests.insert(name)
                } else {
                    section.sources.insert(name)
                }
            }
            sections[number] = section
        }
        return sections
    }
}
