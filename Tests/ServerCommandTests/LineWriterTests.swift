import DurableLog
import Foundation
import Synchronization
import Testing

@testable import GatehouseHosting
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
            let writer = LineWriter(try AppendingFile(path: path), policy: .keep)
            writer.write(Array(line.utf8))
            writer.close()
        }
        #expect(try text() == "first\nsecond\n")
        let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(permissions as? Int == 0o600)
    }

    @Test("continues at the new end when another program truncates the file, as logrotate's copytruncate does")
    func truncated() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = LineWriter(try AppendingFile(path: path), policy: .keep)
        defer { writer.close() }
        writer.write(Array("before\n".utf8))
        try await expect("before\n")
        try #require(FileHandle(forWritingAtPath: path)).truncate(atOffset: 0)
        writer.write(Array("after\n".utf8))
        try await expect("after\n")
    }

    @Test("N-1: continues in a new file when the old one was renamed, and divides no line between them")
    func rotated() async throws {
        let old = path + ".1"
        defer { for file in [path, old] { try? FileManager.default.removeItem(atPath: file) } }
        let writer = LineWriter(try AppendingFile(path: path), policy: .keep)
        writer.write(Array("before\n".utf8))
        try await expect("before\n")
        try FileManager.default.moveItem(atPath: path, toPath: old)
        writer.write(Array("still in the old one\n".utf8))
        for _ in 0..<500 where try String(contentsOfFile: old, encoding: .utf8).count < 20 {
            try await Task.sleep(for: .milliseconds(10))
        }
        writer.replaceFile(by: try AppendingFile(path: path))
        writer.write(Array("after\n".utf8))
        try await expect("after\n")
        writer.close()
        #expect(try String(contentsOfFile: old, encoding: .utf8) == "before\nstill in the old one\n")
    }

    @Test("writes a line that arrives after the end, too: none is dropped")
    func lineAfterTheEnd() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = LineWriter(try AppendingFile(path: path), policy: .keep)
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

    /// A pipe that does not block acts as a disk: full until it is read.
    private final class FullDisk: Sendable {
        let troubles = Mutex<[LineWriter.Trouble]>([])
        private let pipe = Pipe()
        private let received = Mutex(Data())
        private let began = DispatchSemaphore(value: 0)
        private let ended = DispatchSemaphore(value: 0)
        private let isComplete = DispatchSemaphore(value: 0)
        private let isRead = DispatchSemaphore(value: 0)

        func writer(pendingByteCountMax: Int, policy: LineWriter.Policy = .keep) -> LineWriter {
            let descriptor = pipe.fileHandleForWriting.fileDescriptor
            #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
            let file = AppendingFile(descriptor: descriptor, name: "pipe")
            return LineWriter(file, pendingByteCountMax: pendingByteCountMax, policy: policy) { trouble in
                self.troubles.withLock { $0.append(trouble) }
                switch trouble {
                case .began: self.began.signal()
                case .ended: self.ended.signal()
                }
            }
        }

        func waitUntilFull() { #expect(began.wait(timeout: .now() + .seconds(60)) == .success) }

        /// Reads until so many bytes have come, ends the writer, and returns all that came.
        func drain(_ writer: LineWriter, count: Int) throws -> Data {
            let thread = Thread { [self] in
                while case let part = pipe.fileHandleForReading.availableData, !part.isEmpty {
                    let receivedCount = received.withLock { received in
                        received += part
                        return received.count
                    }
                    if receivedCount >= count { isComplete.signal() }
                }
                isRead.signal()
            }
            thread.start()
            #expect(isComplete.wait(timeout: .now() + .seconds(60)) == .success)
            #expect(ended.wait(timeout: .now() + .seconds(60)) == .success)
            writer.close()
            try pipe.fileHandleForWriting.close()
            isRead.wait()
            return received.withLock { $0 }
        }
    }

    @Test("keeps every line while the file accepts none, reports it, and continues in order")
    func fullDisk() throws {
        let disk = FullDisk()
        let writer = disk.writer(pendingByteCountMax: 1 << 20)
        let first = (0..<4000).map { "line \($0) of the trail\n" }.joined()
        writer.write(Array(first.utf8))
        disk.waitUntilFull()
        let rest = (4000..<5000).map { "line \($0) of the trail\n" }
        for line in rest { #expect(writer.write(Array(line.utf8))) }
        #expect(writer.hasRoom)
        let all = first + rest.joined()
        #expect(String(decoding: try disk.drain(writer, count: all.utf8.count), as: UTF8.self) == all)
        #expect(
            disk.troubles.withLock { troubles in
                guard case .began(let error) = troubles.first, case .ended = troubles.last else { return false }
                return error.code == EAGAIN
            }
        )
    }

    private static let block = [UInt8](repeating: UInt8(ascii: "x"), count: 128 << 10)

    @Test("keeps lines over the bound, without waiting, and reports that they are over it")
    func overTheBound() async throws {
        let disk = FullDisk()
        let writer = disk.writer(pendingByteCountMax: 4 * Self.block.count)
        writer.write(Self.block)
        disk.waitUntilFull()
        // The rest of the first line and three more lines fit the bound.
        let fitting = (0..<10).map { _ in writer.write(Self.block) }
        #expect(fitting == [true, true, true] + [Bool](repeating: false, count: 7))
        #expect(!writer.hasRoom)
        async let room: Void = writer.waitForRoom()
        #expect(try disk.drain(writer, count: 11 * Self.block.count).count == 11 * Self.block.count)
        await room
        #expect(writer.hasRoom)
        #expect(writer.droppedCount == 0)
    }

    @Test("drops lines over the bound, and writes their number where they are missing")
    func noRoom() throws {
        let disk = FullDisk()
        let policy = LineWriter.Policy.drop { Array("\($0) lines are missing\n".utf8) }
        let writer = disk.writer(pendingByteCountMax: 4 * Self.block.count, policy: policy)
        writer.write(Self.block)
        disk.waitUntilFull()
        for _ in 0..<10 { #expect(writer.write(Self.block)) }
        // A short line would fit, but would come before lines that are lost.
        #expect(writer.write(Array("small\n".utf8)))
        #expect(!writer.hasRoom)
        let end = "x8 lines are missing\n"
        let count = 4 * Self.block.count + end.utf8.count - 1
        let text = String(decoding: try disk.drain(writer, count: count), as: UTF8.self)
        #expect(text.hasSuffix(end))
        #expect(text.utf8.count(where: { $0 == UInt8(ascii: "x") }) == 4 * Self.block.count)
        #expect(writer.droppedCount == 8)
        #expect(writer.hasRoom)
    }

    @Test("a task that waits for room ends when it is cancelled, before it waits or while it does")
    func cancelledWait() async throws {
        let disk = FullDisk()
        let writer = disk.writer(pendingByteCountMax: 1)
        writer.write(Self.block)
        disk.waitUntilFull()
        #expect(!writer.hasRoom)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask { await writer.waitForRoom() }
            }
            group.cancelAll()
        }
        #expect(try disk.drain(writer, count: Self.block.count).count == Self.block.count)
    }

    /// A pipe whose reader has stalled: a write to it blocks.
    private final class StalledPipe {
        private let pipe = Pipe()

        func writer(pendingByteCountMax: Int, policy: LineWriter.Policy) -> LineWriter {
            signal(SIGPIPE, SIG_IGN)
            let file = AppendingFile(descriptor: pipe.fileHandleForWriting.fileDescriptor, name: "pipe")
            return LineWriter(file, pendingByteCountMax: pendingByteCountMax, policy: policy)
        }

        /// Closes the reading end, so that the writer's thread can end.
        func close() throws { try pipe.fileHandleForReading.close() }

        /// Reads until this text has come.
        func readUntil(_ end: String) -> String {
            var data = Data()
            while !data.suffix(end.utf8.count).elementsEqual(end.utf8) {
                let part = pipe.fileHandleForReading.availableData
                if part.isEmpty { break }
                data += part
            }
            return String(decoding: data, as: UTF8.self)
        }
    }

    @Test("accepts lines at once although its reader has stalled, and continues when it reads", .timeLimit(.minutes(1)))
    func stalledReader() async throws {
        let pipe = StalledPipe()
        let writer = pipe.writer(pendingByteCountMax: 1 << 20, policy: .keep)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1023) + [UInt8(ascii: "\n")]
        // More bytes than the pipe and the bound can hold together.
        let fitting = (0..<4096).map { _ in writer.write(line) }
        #expect(fitting.last == false)
        #expect(!writer.hasRoom)
        writer.write(Array("last\n".utf8))
        let text = pipe.readUntil("last\n")
        await writer.waitForRoom()
        #expect(text.utf8.count == 4096 * line.count + 5)
        writer.close()
    }

    @Test("ends although its reader has stalled, and accepts lines after that without waiting", .timeLimit(.minutes(1)))
    func endWithStalledReader() async throws {
        let pipe = StalledPipe()
        let writer = pipe.writer(pendingByteCountMax: 1 << 16, policy: .keep)
        writer.write([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20))
        writer.close()
        writer.write(Array("late\n".utf8))
        await writer.waitForRoom()
        try pipe.close()
    }
}
