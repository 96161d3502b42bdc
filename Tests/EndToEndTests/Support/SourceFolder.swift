import Foundation

/// Where this test target's scripts and the package are, found from this file's own place.
enum SourceFolder {
    /// `Tests/EndToEndTests/Python`: the scripts and requirement files.
    static let scripts = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Python", directoryHint: .isDirectory)

    /// The folder of `Package.swift`.
    static let package =
        scripts
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}

/// A failure of the harness or of something it started, with all that is known about it.
struct HarnessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
