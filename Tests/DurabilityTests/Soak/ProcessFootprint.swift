import Foundation

/// The memory and the open descriptors of a program at one moment.
struct ProcessFootprint: Sendable, CustomStringConvertible {
    let residentBytes: Int
    let descriptorCount: Int

    init(of process: Int32) throws {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        guard let kilobytes = Int(line.filter(\.isNumber)) else { throw Violation("the program has no memory") }
        residentBytes = kilobytes << 10
        descriptorCount = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    }

    var description: String { "\(residentBytes >> 20) MiB, \(descriptorCount) descriptors" }
}
