import Foundation

/// Which processor a process may use.
enum Affinity {
    /// Lets this process, all its threads included, run on one processor only.
    ///
    /// On a machine with a single processor everything shares it, and the figures say so by being low.
    static func pin(to processor: Int) throws {
        guard ProcessInfo.processInfo.activeProcessorCount > 1 || processor == 0 else { return }
        _ = try ChildProgram.output(["taskset", "--all-tasks", "--cpu-list", "--pid", "\(processor)", "\(getpid())"])
    }
}

/// Why a benchmark cannot run, or what answered wrongly: a figure over errors would be worth nothing.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
