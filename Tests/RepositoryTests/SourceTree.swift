import Foundation
import Testing

/// The repository of these tests, as text.
enum SourceTree {
    /// A file with its path from the repository's root.
    struct File: Sendable, CustomTestStringConvertible {
        let path: String
        let text: String

        /// The text with comments and the contents of strings blanked.
        let code: String

        init(path: String, text: String) {
            self.path = path
            self.text = text
            code = SwiftText.code(text)
        }

        var testDescription: String { path }

        /// The path's parts.
        var components: [String] { path.split(separator: "/").map(String.init) }

        /// The target whose source or test it is: the folder below `Sources`, `Tests` or `Benchmarks`.
        var target: String { components.count > 2 ? components[1] : "" }

        /// The file's own name.
        var name: String { components.last ?? "" }
    }

    static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The Swift files of the products.
    static let sources = swiftFiles(in: "Sources")

    /// The Swift files of the tests.
    static let tests = swiftFiles(in: "Tests")

    /// The Swift files of the benchmarks, if there are any.
    static let benchmarks = swiftFiles(in: "Benchmarks")

    /// The paths of everything that is committed or about to be.
    static let committedPaths: [String] = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // A checkout may belong to another user than the one who tests it.
        process.arguments = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"]
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardOutput = pipe
        do {
            try process.run()
            let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        } catch {
            // Without git there is nothing that could be committed; the test that uses this says so.
            return []
        }
    }()

    /// The text of a file, or `nil` for one that is not there or not text.
    static func text(_ path: String) -> String? {
        // A missing or binary file is the caller's case to judge.
        try? String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path())
    }

    private static func swiftFiles(in folder: String) -> [File] {
        let base = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
        let prefix = root.standardizedFileURL.path()
        return walk.compactMap { $0 as? URL }
            .filter { $0.pathExtension == "swift" }
            .compactMap { url in
                let path = String(url.standardizedFileURL.path().dropFirst(prefix.count))
                return text(path).map { File(path: path, text: $0) }
            }
            .sorted { $0.path < $1.path }
    }
}

/// One line of a file that breaks a rule.
struct Finding: CustomStringConvertible, Equatable {
    let path: String
    let line: Int
    let text: String

    var description: String { "\(path):\(line): \(text.trimmingCharacters(in: .whitespaces))" }
}

extension SourceTree.File {
    /// The text's lines.
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The lines whose code, comments and string contents left out, has a match.
    func findings(_ pattern: Pattern) -> [Finding] {
        let numbers = Set(pattern.matches(in: code).map(\.line)).sorted()
        guard !numbers.isEmpty else { return [] }
        let lines = lines
        return numbers.map { Finding(path: path, line: $0, text: String(lines[$0 - 1])) }
    }
}
