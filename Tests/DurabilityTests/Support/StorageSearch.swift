import Foundation

/// Searches every byte of a directory, as someone with a copy of the disk would.
struct StorageSearch {
    private let directory: URL
    /// The names of the files.
    let names: [String]

    init(_ directory: URL) throws {
        self.directory = directory
        names = try FileManager.default.contentsOfDirectory(atPath: directory.path()).sorted()
    }

    /// The texts that any of the files contains.
    func occurrences(of texts: [String]) throws -> [String] {
        let patterns = FileManager.default.temporaryDirectory.appending(path: "patterns-\(UUID().uuidString)")
        try Data(texts.joined(separator: "\n").utf8).write(to: patterns)
        defer { try? FileManager.default.removeItem(at: patterns) }  // a leftover does no harm
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // -a: the files are binary; -F: the texts are no expressions.
        process.arguments = ["grep", "-raoFh", "-f", patterns.path(), directory.path()]
        process.standardOutput = output
        try process.run()
        let found = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        // 1 says that nothing was found.
        guard process.terminationStatus <= 1 else {
            throw Violation("grep ended with \(process.terminationStatus)")
        }
        return Set(String(decoding: found, as: UTF8.self).split(separator: "\n").map(String.init)).sorted()
    }
}
