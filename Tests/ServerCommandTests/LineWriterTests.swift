import DurableLog
import Foundation
import Synchronization
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
            let writer = LineWriter(try AppendingFile(path: path))
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
        let writer = LineWriter(try AppendingFile(path: path))
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
        let writer = LineWriter(try AppendingFile(path: path))
        writer.close()
        writer.write(Array("late\n".utf8))
        writer.close()
        #expect(try text() == "late\n")
    }

    @Test("refuses a place that cannot be written")
    func refused() {
        let error = #expect(throws: FileSystemError.self) { try AppendingFile(path: "/proc/none/audit.log") }
        #expect(error?.description == "open /proc/none/audit.log: No such file or directory (2)")
    }

    /// A pipe that does not block stands for a disk: full until somebody reads.
    private final class FullDisk: Sendable {
        let troubles = Mutex<[LineWriter.Trouble]>([])
        private let pipe = Pipe()
        private let received = Mutex(Data())
        private let began = DispatchSemaphore(value: 0)
        private let ended = DispatchSemaphore(value: 0)
        private let isRead = DispatchSemaphore(value: 0)

        func writer(pendingByteCountMax: Int) -> LineWriter {
            let descriptor = pipe.fileHandleForWriting.fileDescriptor
            #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
            let file = AppendingFile(descriptor: descriptor, name: "pipe")
            return LineWriter(file, pendingByteCountMax: pendingByteCountMax) { trouble in
                self.troubles.withLock { $0.append(trouble) }
                switch trouble {
                case .began: self.began.signal()
                case .ended: self.ended.signal()
                }
            }
        }

        func waitUntilFull() { #expect(began.wait(timeout: .now() + .seconds(60)) == .success) }

        /// Reads until the writer has got rid of everything, and says what came.
        func drain() throws -> Data {
            let thread = Thread { [self] in
                while case let part = pipe.fileHandleForReading.availableData, !part.isEmpty {
                    received.withLock { $0 += part }
                }
                isRead.signal()
            }
            thread.start()
            #expect(ended.wait(timeout: .now() + .seconds(60)) == .success)
            try pipe.fileHandleForWriting.close()
            isRead.wait()
            return received.withLock { $0 }
        }
    }

    @Test("keeps every line while the file takes none, says so, and goes on in order")
    func fullDisk() throws {
        let disk = FullDisk()
        let writer = disk.writer(pendingByteCountMax: 1 << 20)
        let first = (0..<4000).map { "line \($0) of the trail\n" }.joined()
        writer.write(Array(first.utf8))
        disk.waitUntilFull()
        let rest = (4000..<5000).map { "line \($0) of the trail\n" }
        for line in rest { writer.write(Array(line.utf8)) }
        #expect(String(decoding: try disk.drain(), as: UTF8.self) == first + rest.joined())
        #expect(
            disk.troubles.withLock { troubles in
                guard case .began(let error) = troubles.first, case .ended(0) = troubles.last else { return false }
                return troubles.count == 2 && error.code == EAGAIN
            }
        )
        writer.close()
    }

    @Test("drops what finds no room while the file takes nothing, and says how much")
    func noRoom() throws {
        let disk = FullDisk()
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 128 << 10)
        let writer = disk.writer(pendingByteCountMax: 4 * line.count)
        writer.write(line)
        disk.waitUntilFull()
        // What is left of the first, and three more, fit the bound.
        for _ in 0..<10 { writer.write(line) }
        #expect(try disk.drain().count == 4 * line.count)
        #expect(disk.troubles.withLock { if case .ended(7) = $0.last { true } else { false } })
        writer.close()
    }

    @Test("ends although nobody reads what it writes", .timeLimit(.minutes(1)))
    func stuckReader() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        let writer = LineWriter(
            AppendingFile(descriptor: pipe.fileHandleForWriting.fileDescriptor, name: "pipe")
        )
        writer.write([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20))
        writer.close()
        // Lets the writer's thread end.
        try pipe.fileHandleForReading.close()
    }
}
