import BenchmarkSupport
import Foundation

/// The most memory that a process has had since a moment (`VmHWM` of Linux).
enum PeakMemory {
    static func reset(of process: Int32) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: "/proc/\(process)/clear_refs"))
        try file.write(contentsOf: Data("5".utf8))
        try file.close()
    }

    static func current(of process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        guard let kilobytes = Int(line.filter(\.isNumber)) else {
            throw BenchmarkError("the peak memory of process \(process) cannot be read")
        }
        return kilobytes * 1024
    }
}
