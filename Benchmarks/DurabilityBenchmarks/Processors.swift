import BenchmarkSupport
import Foundation

/// Which processor server and client use while a server is measured from outside.
///
/// Client and server on the same processors would measure each other: the client would wait for a processor, and count
/// that as the server's pause. So the server with all its threads, including the snapshot's, has the first processor to
/// itself, and the client the last. On a machine with one processor they share it, and the report says so.
struct Processors {
    private let count = ProcessInfo.processInfo.activeProcessorCount

    var server: Int { 0 }
    var client: Int { count - 1 }

    /// The report's line about processors, with the machine's load.
    var description: String {
        let pinned =
            count > 1
            ? "pauses: server on processor \(server), client on processor \(client)"
            : "pauses: server and client share one processor"
        // Without the kernel's load average none is reported.
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)).map { $0.prefix { $0 != " " } }
        return "\(count) processors, load \(load.map(String.init) ?? "unknown"); \(pinned)"
    }

    /// Restricts this process to the client's processor, or permits all of them again.
    func pinClient(_ isPinned: Bool) throws {
        let taskset = Process()
        taskset.executableURL = URL(filePath: "/usr/bin/taskset")
        let list = isPinned ? "\(client)" : "0-\(count - 1)"
        taskset.arguments = ["--all-tasks", "--cpu-list", "--pid", list, "\(getpid())"]
        taskset.standardOutput = FileHandle.nullDevice
        try taskset.run()
        taskset.waitUntilExit()
        guard taskset.terminationStatus == 0 else { throw BenchmarkError("taskset failed") }
    }
}
