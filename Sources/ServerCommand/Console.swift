import Foundation

/// The process's standard output, standard error and end.
enum Console {
    /// Writes a line to standard output at once, so that a script that waits for it sees it.
    static func write(_ line: String) {
        write(line, to: .standardOutput)
    }

    /// Writes a line to standard error.
    static func writeError(_ line: String) {
        write(line, to: .standardError)
    }

    private static func write(_ line: String, to handle: FileHandle) {
        // Nobody reads it when it fails.
        try? handle.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Ends the process.
    static func exit(_ status: Int32) -> Never {
        Foundation.exit(status)
    }
}
