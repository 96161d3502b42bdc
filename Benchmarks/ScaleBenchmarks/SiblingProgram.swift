import BenchmarkSupport
import Foundation

/// Another program of this package, built with this one.
enum SiblingProgram {
    static func path(_ name: String) throws -> String {
        let url = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: name)
        guard FileManager.default.isExecutableFile(atPath: url.path()) else {
            throw BenchmarkError("\(name) is not built: `swift build -c release --product \(name)`")
        }
        return url.path()
    }
}
