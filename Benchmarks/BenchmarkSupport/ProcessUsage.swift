import Foundation

/// The resources that a process has used so far, read from outside it.
package struct ProcessUsage: Sendable {
    /// Processor time of all threads, user and system together.
    package let processorSeconds: Double
    /// Resident memory.
    package let residentBytes: Int

    /// The resources used until now.
    package static func current(of process: Int32) throws -> ProcessUsage {
        var clock = clockid_t()
        var time = timespec()
        guard unsafe clock_getcpuclockid(process, &clock) == 0, unsafe clock_gettime(clock, &time) == 0 else {
            throw BenchmarkError("the usage of process \(process) cannot be read")
        }
        return ProcessUsage(
            processorSeconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9,
            residentBytes: try residentBytes(of: process)
        )
    }

    private static func residentBytes(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        guard let kilobytes = Int(line.filter(\.isNumber)) else {
            throw BenchmarkError("the memory of process \(process) cannot be read")
        }
        return kilobytes * 1024
    }
}
