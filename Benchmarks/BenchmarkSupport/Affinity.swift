import Foundation

/// Which processor a process may use.
package enum Affinity {
    /// Lets this process, all its threads included, run on one processor only.
    ///
    /// On a machine with a single processor everything shares it, and the figures say so by being low.
    package static func pin(to processor: Int) throws {
        guard ProcessInfo.processInfo.activeProcessorCount > 1 || processor == 0 else { return }
        _ = try ChildProgram.output(["taskset", "--all-tasks", "--cpu-list", "--pid", "\(processor)", "\(getpid())"])
    }
}
