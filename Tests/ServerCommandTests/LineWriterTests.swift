import Foundation
import Testing

@testable import ServerCommand

@Suite("The writer of log and audit trail")
struct LineWriterTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "lines-\(UUID().uuidString).log").path()

    private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    /// Returns once the file has this text, or fails.
    private func expect(_ expected: String) async throws {
        for _ in 0..<500 where try text() != expected {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try text() == expected)
    }

    @Test("appends to what is there, and is readable by its owner only")
    func appends() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        for line in ["first\n", "second\n"] {
            let writer = try LineWriter(appendingTo: path)
            writer.write(Array(line.utf8))
            writer.close()
        }
        #expect(try text() == "first\nsecond\n")
        let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(permissions as? Int == 0o600)
    }

    @Test("goes on at the new end when the file is cut under it, as logrotate's copytruncate does")
    func truncated() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try LineWriter(appendingTo: path)
        defer { writer.close() }
        writer.write(Array("before\n".utf8))
        try await expect("before\n")
        try #require(FileHandle(forWritingAtPath: path)).truncate(atOffset: 0)
        writer.write(Array("after\n".utf8))
        try await expect("after\n")
    }

    @Test("writes a line that comes after the end, too: none is dropped")
    func lineAfterTheEnd() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try LineWriter(appendingTo: path)
        writer.close()
        writer.write(Array("late\n".utf8))
        writer.close()
        #expect(try text() == "late\n")
    }

    @Test("refuses a place that cannot be written")
    func refused() {
        #expect(throws: (any Error).self) { try LineWriter(appendingTo: "/proc/none/audit.log") }
    }
}
