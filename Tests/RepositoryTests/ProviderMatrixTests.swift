import Foundation
import Testing

@Suite("What works with which provider is shown by tests")
struct ProviderMatrixTests {
    private static let document =
        SourceTree.text("Sources/AuthorizationServer/AuthorizationServer.docc/ProviderMatrix.md") ?? ""
    private static let providers =
        SourceTree.text("Sources/AuthorizationServer/AuthorizationServer.docc/Providers.md") ?? ""

    /// The rows of both tables, as cells without their headings.
    private static func rows(_ text: String) -> [[String]] {
        text.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }.filter { $0[0] != "Preset" && $0[0] != "Way" }
    }

    /// Every `SUITE.FUNCTION` of a text.
    private static func tests(in text: String) -> [(suite: String, function: String)] {
        text.matches(of: /`([A-Z]\w+)\.(\w+)`/).map { (String($0.1), String($0.2)) }
    }

    @Test("every named test exists")
    func tests() {
        let named = Self.rows(Self.document).flatMap { $0.dropFirst().flatMap(Self.tests) }
        #expect(named.count > 80)
        let files = SourceTree.tests
        var missing: Set<String> = []
        for (suite, function) in named {
            let exists = files.contains { file in
                file.text.contains("struct \(suite)") && file.text.contains("func \(function)(")
            }
            if !exists { missing.insert("\(suite).\(function)") }
        }
        #expect(missing.isEmpty)
    }

    @Test("every cell names a test, or says that there is nothing to show")
    func cells() {
        for row in Self.rows(Self.document) {
            for cell in row.dropFirst() where cell != "-" {
                #expect(!Self.tests(in: cell).isEmpty, "\(row[0]): \(cell)")
            }
        }
    }

    @Test("both documents say what was checked, and that nothing was tried on a live provider")
    func checked() throws {
        for text in [Self.providers, Self.document] {
            let words = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("no preset has been tried on the live provider"))
            #expect(words.contains("2026-11-30"))
        }
        let start = try #require(Self.providers.range(of: "## What was checked")).upperBound
        let section = Self.providers[start...].prefix { $0 != "#" }
        let rows = Self.rows(String(section)).filter { $0.count == 3 }
        let names = Set(rows.map { $0[0] })
        #expect(rows.count == 19 && names.count == 19)
        for row in rows { #expect(!row[1].isEmpty && !row[2].isEmpty, "\(row[0])") }
        // The matrix names the same rows.
        let from = try #require(Self.document.range(of: "The 19 rows of")).upperBound
        let to = try #require(Self.document.range(of: "were checked", range: from..<Self.document.endIndex)).lowerBound
        let listed = Self.document[from..<to].matches(of: /`[a-z0-9-]+`/).map { String($0.0) }
        #expect(listed.count == 19 && Set(listed) == names)
    }

    @Test("the table of presets has each preset's particulars")
    func particulars() {
        let notes = SourceTree.sources.filter { $0.path.contains("UpstreamPreset+") }.flatMap { file in
            file.text.matches(of: /note(?::| =)\s*"([^"]+)"/).map { String($0.1) }
        }
        // The two generic rows are described in the text.
        let specific = notes.filter { !$0.hasPrefix("any ") }
        #expect(specific.count == 30)
        for note in specific { #expect(Self.providers.contains("| \(note) |"), "\(note)") }
    }

    @Test("every preset has a row, and its recording holds what the row says")
    func presets() throws {
        let folder = SourceTree.root.appending(path: "Tests/UpstreamIdentityTests/Fixtures")
        let recordings = try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter {
            $0.hasSuffix(".json")
        }
        let rows = Self.rows(Self.document).filter { $0.count == 5 }
        #expect(Set(rows.map { $0[0] }) == Set(recordings.map { "`\($0.dropLast(".json".count))`" }))
        for row in rows {
            let name = row[0].trimmingCharacters(in: ["`"])
            let text = SourceTree.text("Tests/UpstreamIdentityTests/Fixtures/\(name).json") ?? ""
            for (cell, kind) in zip(row[1...3], ["login", "refresh", "revocation"]) {
                let isRecorded = text.contains(try Regex("\"kind\": ?\"\(kind)\""))
                #expect((cell != "-") == isRecorded, "\(name): \(kind)")
            }
        }
    }
}
