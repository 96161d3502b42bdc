import Foundation

/// The process's standard output, standard error and end.
enum Console {
    /// Writes a line to standard output at once, so that a script that waits for it sees it.
    static func write(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// Writes a line to standard error.
    static func writeError(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Ends the process.
    static func exit(_ status: Int32) -> Never {
        Foundation.exit(status)
    }
}
