import Foundation

/// The process's standard output, standard error and exit.
enum Console {
    /// Writes a line to standard output without buffering, so that a script waiting for it sees it.
    static func write(_ line: String) {
        write(line, to: .standardOutput)
    }

    /// Writes a line to standard error.
    static func writeError(_ line: String) {
        write(line, to: .standardError)
    }

    private static func write(_ line: String, to handle: FileHandle) {
        // No one reads the message when this fails.
        try? handle.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Ends the process.
    static func exit(_ status: Int32) -> Never {
        Foundation.exit(status)
    }
}
