import Foundation

/// Which processor a process may use.
enum Affinity {
    /// Lets this process, all its threads included, run on one processor only.
    ///
    /// On a machine with a single processor everything shares it, and the figures say so by being low.
    static func pin(to processor: Int) throws {
        guard ProcessInfo.processInfo.activeProcessorCount > 1 || processor == 0 else { return }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["taskset", "--all-tasks", "--cpu-list", "--pid", "\(processor)", "\(getpid())"]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkError("this process cannot be bound to processor \(processor)")
        }
    }
}

/// Why a benchmark cannot run, or what answered wrongly: a figure over errors would be worth nothing.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
