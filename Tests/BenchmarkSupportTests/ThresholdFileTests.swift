import BenchmarkSupport
import Foundation
import Testing

@Suite("The threshold files of this repository")
struct ThresholdFileTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Benchmarks/Thresholds", directoryHint: .isDirectory)

    @Test("can be read, are named for their benchmark, and name no ratio twice")
    func areValid() throws {
        for (url, file) in try ThresholdFile.all(in: Self.folder) {
            #expect(url.lastPathComponent == file.benchmark + ".json")
            #expect(!file.ratios.isEmpty)
            #expect(Set(file.ratios.map(\.name)).count == file.ratios.count, "\(file.benchmark)")
        }
    }

    @Test("name benchmarks that exist")
    func exist() throws {
        for (_, file) in try ThresholdFile.all(in: Self.folder) {
            let sources = Self.folder.deletingLastPathComponent().appending(path: file.program ?? file.benchmark)
            #expect(FileManager.default.fileExists(atPath: sources.path()), "\(file.benchmark)")
        }
    }

    @Test("a folder without thresholds is an error, because such a check would hold nothing")
    func emptyFolder() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "thresholds-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(throws: BenchmarkError.self) { try ThresholdFile.all(in: folder) }
    }
}
