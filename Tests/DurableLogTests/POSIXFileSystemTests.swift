import DurableLog
import Foundation
import Testing

/// The real disk, which the scripted one imitates.
@Suite("POSIX file system", .timeLimit(.minutes(10)))
struct POSIXFileSystemTests {
    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/durable-log-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private func permissions(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test("a store lives, is closed and opened again, and another process is kept out in the meantime")
    func lives() async throws {
        try await withDirectory { path in
            let directory = path + "/deep/store"
            let store = try TestStore.open(POSIXFileSystem(), directory: directory, key: .besideData)
            #expect(throws: StorageError.locked(directory: directory)) {
                try TestStore.open(POSIXFileSystem(), directory: directory, key: .besideData)
            }
            for number in 1...50 {
                try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
            }
            _ = try await TestStore.snapshot(store, count: 40)
            try await store.close()
            let again = try TestStore.open(POSIXFileSystem(), directory: directory, key: .besideData)
            #expect(try TestStore.state(of: again).count == 50)
            try await again.close()
            // Only the owner may read any of it.
            #expect(try permissions(directory) == 0o700)
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                #expect(try permissions(directory + "/" + name) == 0o600)
            }
        }
    }

    @Test("a key that others can read is warned about")
    func readableKey() async throws {
        try await withDirectory { path in
            try await TestStore.open(POSIXFileSystem(), directory: path, key: .besideData).close()
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path + "/master.key")
            let log = LogCapture()
            try await TestStore.open(POSIXFileSystem(), directory: path, key: .besideData, logger: log.logger).close()
            #expect(log.messages.contains { $0.contains("readable by users other") })
        }
    }

    @Test("a segment reserves its room, and gives it back when the journal is closed")
    func room() async throws {
        try await withDirectory { path in
            let options = TestStore.options(segmentByteCount: 1 << 20)
            let store = try TestStore.open(POSIXFileSystem(), directory: path, options: options)
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(1)))
            let file = path + "/00000000000000000001.journal"
            func size() throws -> Int {
                try #require(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
            }
            #expect(try size() == 1 << 20)
            try await store.close()
            #expect(try size() < 1024)
        }
    }

    @Test("errors name the call, the path and the reason")
    func errors() async throws {
        try await withDirectory { path in
            let fileSystem = POSIXFileSystem()
            try fileSystem.createDirectory(path)
            try fileSystem.createDirectory(path)
            #expect(throws: FileSystemError(operation: "open", path: path + "/none", code: ENOENT)) {
                try fileSystem.openFile(path + "/none")
            }
            _ = try fileSystem.createFile(path + "/one")
            #expect(throws: FileSystemError(operation: "open", path: path + "/one", code: EEXIST)) {
                try fileSystem.createFile(path + "/one")
            }
            #expect(throws: FileSystemError(operation: "rename", path: path + "/none", code: ENOENT)) {
                try fileSystem.rename(path + "/none", to: path + "/two")
            }
            #expect(throws: FileSystemError(operation: "unlink", path: path + "/none", code: ENOENT)) {
                try fileSystem.remove(path + "/none")
            }
            #expect(throws: FileSystemError(operation: "mkdir", path: path + "/one/two", code: ENOTDIR)) {
                try fileSystem.createDirectory(path + "/one/two")
            }
            #expect(throws: FileSystemError(operation: "opendir", path: path + "/none", code: ENOENT)) {
                try fileSystem.names(in: path + "/none")
            }
        }
    }
}
