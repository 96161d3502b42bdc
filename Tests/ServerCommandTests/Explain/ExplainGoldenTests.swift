import Foundation
import Testing

@testable import ServerCommand

/// What `gatehouse explain` prints of histories that really happened, compared with the files in `Golden`.
///
/// After an intended change write the files anew, and review them:
/// `GATEHOUSE_WRITE_GOLDEN=1 swift test --filter ExplainGoldenTests`
@Suite("Explaining real histories: each class of failure has its reason and its remedy, word for word")
struct ExplainGoldenTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    private static let isWriting = ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_GOLDEN"] == "1"

    private static func file(_ name: String) -> URL { folder.appending(path: name + ".txt") }

    @Test("each says why and what to do, as its file has it", arguments: ExplainHistory.all)
    func history(_ history: ExplainHistory) async throws {
        let text = try await history.explanation()
        let verdict = try #require(text.range(of: "\nWhy: "), "no verdict in \(text)")
        let parts = text[verdict.upperBound...].split(separator: "\nRemedy: ")
        try #require(parts.count == 2, "no remedy in \(text)")
        #expect(parts[0].contains(history.why), "\(text)")
        #expect(history.remedy.split(separator: "|").contains { parts[1].contains($0) }, "\(text)")
        #expect(!text.contains("no event ended anything"))
        let file = Self.file(history.name)
        if Self.isWriting {
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        } else {
            let golden = try #require(try? String(contentsOf: file, encoding: .utf8), "\(file.path()) is missing")
            #expect(text == golden)
        }
    }

    @Test("there are at least thirty classes, each with one file, and no other file")
    func files() throws {
        let names = ExplainHistory.all.map(\.name)
        #expect(names.count >= 30 && Set(names).count == names.count)
        guard !Self.isWriting else { return }
        let found = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
        #expect(Set(found.filter { $0.hasSuffix(".txt") }) == Set(names.map { $0 + ".txt" }))
    }
}
