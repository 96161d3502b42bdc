import Foundation
import Foundations
import Synchronization

/// A PostgreSQL server of the tests' own, on a socket in a temporary folder; it ends with the tests.
package final class PostgreSQLCluster: Sendable {
    /// The server refused or failed, with its own words.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// One server for all tests that do not harm it; it does not sync, because no test pulls its plug.
    package static func shared() async throws -> PostgreSQLCluster { try await sharedStart.value }

    private static let sharedStart = Task { try await PostgreSQLCluster(isDurable: false) }

    private let process = Process()
    private let commands = Pipe()
    private let answers = Pipe()
    /// The folder of its socket.
    package let folder: String
    private let schemaCount = Atomic<Int>(0)

    /// Makes and starts a server.
    package init(isDurable: Bool) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "cluster.py").path()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-I", "-S", script, isDurable ? "durable" : "fast"]
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        folder = try await Self.answer(from: answers)
    }

    deinit {
        // The keeper stops the server when its input ends; an input that is closed already has ended.
        try? commands.fileHandleForWriting.close()
    }

    /// Gives the keeper an order, and waits until it is done.
    @discardableResult
    package func order(_ line: String) async throws -> String {
        try commands.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        return try await Self.answer(from: answers)
    }

    /// A name that no other schema of this cluster has.
    package func newSchema() -> String {
        "test\(schemaCount.add(1, ordering: .relaxed).newValue)"
    }

    /// The address of the database, with one schema as the place of all tables.
    package func address(schema: String = "public") -> String {
        "postgresql:///postgres?host=\(folder)&user=gatehouse&options=-csearch_path%3D\(schema)"
    }

    /// The address of the database on the one of two servers that takes changes: this one, or the standby whose socket
    /// is in a folder.
    package func address(standby: String) -> String {
        "postgresql:///postgres?host=\(folder),\(standby)&user=gatehouse"
    }

    private static func answer(from pipe: Pipe) async throws -> String {
        let line = try await OwnThread.run(name: "cluster") { () -> String in
            var bytes = Data()
            // An unreadable pipe and an ended keeper are the same: there is no answer.
            while let byte = try? pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte[0] != 0x0A {
                bytes += byte
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        guard line.hasPrefix("ok") else { throw Failure(description: line.isEmpty ? "the keeper ended" : line) }
        return line.dropFirst(2).trimmingCharacters(in: .whitespaces)
    }
}
