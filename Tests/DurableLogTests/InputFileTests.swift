import Foundation
import Testing

@testable import DurableLog

@Suite("A file that is read")
struct InputFileTests {
    private static func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "input-\(UUID().uuidString)").path()
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        // A leftover does no harm.
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test("in pieces, whole, and from a place in it")
    func reads() throws {
        try Self.withFile(Array(0..<10)) { path in
            let file = try InputFile(path: path)
            #expect(try file.read(4) == [0, 1, 2, 3])
            #expect(try file.readToEnd() == [4, 5, 6, 7, 8, 9])
            #expect(try file.read(4).isEmpty)
            try file.seek(to: 8)
            #expect(try file.read(4) == [8, 9])
            #expect(try file.seekToEnd() == 10)
            #expect(try file.readToEnd().isEmpty)
        }
    }

    @Test("an empty one has no bytes")
    func empty() throws {
        try Self.withFile([]) { path in
            let file = try InputFile(path: path)
            #expect(try file.seekToEnd() == 0)
            #expect(try file.readToEnd().isEmpty)
        }
    }

    @Test("one that is missing says so, and a folder cannot be read")
    func refusals() throws {
        let missing = "/tmp/no-such-\(UUID().uuidString)"
        let error = try #require(throws: FileSystemError.self) { try InputFile(path: missing) }
        #expect(error.isMissing && error.description.hasPrefix("open \(missing): "))
        let folder = try InputFile(path: FileManager.default.temporaryDirectory.path())
        let refusal = try #require(throws: FileSystemError.self) { try folder.read(1) }
        #expect(refusal.operation == "read" && !refusal.isMissing)
    }

    @Test("a pipe, whose pieces are put together")
    func pipe() throws {
        let pipe = Pipe()
        let file = try InputFile(path: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
        try pipe.fileHandleForWriting.write(contentsOf: Data([1, 2]))
        try pipe.fileHandleForWriting.write(contentsOf: Data([3]))
        #expect(try file.read(3) == [1, 2, 3])
    }
}
