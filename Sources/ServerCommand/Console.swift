import DurableLog
import Glibc

/// The process's standard output, standard error and exit.
enum Console {
    /// Writes a line to standard output without buffering, so that a script waiting for it sees it.
    static func write(_ line: String) {
        write(line, to: AppendingFile(descriptor: STDOUT_FILENO, name: "standard output"))
    }

    /// Writes a line to standard error.
    static func writeError(_ line: String) {
        write(line, to: AppendingFile(descriptor: STDERR_FILENO, name: "standard error"))
    }

    private static func write(_ line: String, to file: AppendingFile) {
        var left = Array((line + "\n").utf8)[...]
        while !left.isEmpty {
            // When this fails there is no reader of the message.
            guard let count = try? file.append(left) else { return }
            left = left.dropFirst(count)
        }
    }

    /// Ends the process.
    static func exit(_ status: Int32) -> Never {
        Glibc.exit(status)
    }
}
