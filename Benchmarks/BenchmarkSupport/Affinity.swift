import Foundation

/// The processor that a process may use.
package enum Affinity {
    /// Restricts this process, with all its threads, to one processor.
    ///
    /// On a machine with a single processor everything shares it, and the figures are low.
    package static func pin(to processor: Int) throws {
        guard ProcessInfo.processInfo.activeProcessorCount > 1 || processor == 0 else { return }
        _ = try ChildProgram.output(["taskset", "--all-tasks", "--cpu-list", "--pid", "\(processor)", "\(getpid())"])
    }
}
