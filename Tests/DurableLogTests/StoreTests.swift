import AuthorizationServerTesting
import DurableLog
import Foundation
import Testing

@Suite("Opening a store", .timeLimit(.minutes(10)))
struct StoreTests {
    private func filled() async throws -> ScriptedFileSystem {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...3 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        _ = try await TestStore.snapshot(store, count: 2)
        try await store.close()
        return disk
    }

    @Test("a new directory is empty and says so; starts without changes leave no files behind")
    func new() async throws {
        let disk = ScriptedFileSystem()
        let log = LogCapture()
        let store = try TestStore.open(disk, logger: log.logger)
        #expect(store.recovery.isNew)
        #expect(try TestStore.state(of: store).isEmpty)
        #expect(log.messages.contains { $0.contains("new and empty") })
        try await store.close()
        for _ in 0..<3 {
            let again = try TestStore.open(disk)
            #expect(!again.recovery.isNew)
            try await again.close()
        }
        // The segment, and the mark that there is a store.
        #expect(disk.files.count == 2)
    }

    @Test("a second process is refused until the first has closed")
    func locked() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        #expect(throws: StorageError.locked(directory: TestStore.directory)) { try TestStore.open(disk) }
        try await store.close()
        try await TestStore.open(disk).close()
    }

    @Test("a start that fails gives the lock back")
    func failedStartUnlocks() async throws {
        let disk = try await filled()
        #expect(throws: StorageError.self) { try TestStore.open(disk, key: .configured(try TestStore.key(9))) }
        try await TestStore.open(disk).close()
    }

    @Test("a wrong key is distinguished from damage in snapshot and journal")
    func wrongKey() async throws {
        let disk = try await filled()
        let wrong = StorageKeySource.configured(try TestStore.key(9))
        #expect(throws: StorageError.wrongKey(file: DamagedFiles.name(DamagedFiles.snapshot(1)))) {
            try TestStore.open(disk, key: wrong)
        }
        disk[DamagedFiles.snapshot(1)] = nil
        #expect(throws: StorageError.wrongKey(file: DamagedFiles.name(DamagedFiles.segment(1)))) {
            try TestStore.open(disk, key: wrong)
        }
        // Nothing was changed by the attempts.
        #expect(try TestStore.state(of: TestStore.open(disk)).count == 3)
    }

    @Test("accepting a file's loss does not accept another key")
    func acceptanceIsNotAKey() async throws {
        let disk = try await filled()
        let names = Set(disk.files.map(DamagedFiles.name))
        #expect(throws: StorageError.wrongKey(file: DamagedFiles.name(DamagedFiles.snapshot(1)))) {
            try TestStore.open(
                disk,
                key: .configured(try TestStore.key(9)),
                options: TestStore.options(acceptedLosses: names)
            )
        }
    }

    @Test("without a configured key one is made once, beside the data, and used again")
    func keyBesideData() async throws {
        let disk = ScriptedFileSystem()
        let log = LogCapture()
        let store = try TestStore.open(disk, key: .besideData, logger: log.logger)
        #expect(store.recovery.createdKey)
        #expect(log.messages.contains { $0.hasPrefix("warning: No storage key is configured") })
        let text = try #require(disk[TestStore.directory + "/master.key"])
        let hexadecimal = String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(!log.messages.contains { $0.contains(hexadecimal) })
        try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(1)))
        try await store.close()
        let again = try TestStore.open(disk, key: .besideData)
        #expect(!again.recovery.createdKey)
        #expect(try TestStore.state(of: again).count == 1)
        try await again.close()
        // The same key, configured.
        let configured = StorageKeySource.configured(try StorageKey(contents: text))
        try await TestStore.open(disk, key: configured).close()
    }

    @Test("data without its key fails closed: no new key is made")
    func keyMissing() async throws {
        let disk = try await filled()
        #expect(throws: StorageError.keyMissing(keyFile: TestStore.directory + "/master.key")) {
            try TestStore.open(disk, key: .besideData)
        }
        #expect(disk[TestStore.directory + "/master.key"] == nil)
    }

    @Test("a key file that holds no key is refused")
    func invalidKeyFile() async throws {
        let disk = ScriptedFileSystem()
        let path = TestStore.directory + "/master.key"
        disk[path] = Array("too short\n".utf8)
        #expect(throws: StorageError.invalidKey(keyFile: path, .wrongLength)) {
            try TestStore.open(disk, key: .besideData)
        }
    }

    @Test("what interrupted writes left is removed; strangers' files are left alone")
    func leftovers() async throws {
        let disk = try await filled()
        let stray = [TestStore.directory + "/notes.txt", TestStore.directory + "/notes.txt.tmp"]
        for path in stray { disk[path] = [1] }
        let left = [DamagedFiles.segment(9) + ".tmp", DamagedFiles.snapshot(9) + ".tmp"]
        for path in left { disk[path] = [1, 2, 3] }
        let store = try TestStore.open(disk)
        #expect(store.recovery.removedTemporaryFiles == left.map(DamagedFiles.name))
        for path in left { #expect(disk[path] == nil) }
        for path in stray { #expect(disk[path] == [1]) }
        try await store.close()
    }

    @Test("a file of a newer version is refused as that, not as damage", arguments: [true, false])
    func newerVersion(isSnapshot: Bool) async throws {
        let disk = try await filled()
        let path = isSnapshot ? DamagedFiles.snapshot(1) : DamagedFiles.segment(1)
        let newer = try DamagedFiles.disk(disk, path) { bytes in
            bytes[11] = 2
            let sum = Self.crc32(bytes[..<76])
            bytes.replaceSubrange(76..<80, with: (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) })
        }
        #expect(throws: StorageError.unsupportedVersion(file: DamagedFiles.name(path), version: 2)) {
            try TestStore.open(newer)
        }
    }

    @Test("an authentic-looking header without the key's seal is damage")
    func forgedHeader() async throws {
        let disk = try await filled()
        let path = DamagedFiles.segment(1)
        let forged = try DamagedFiles.disk(disk, path) { bytes in
            bytes[67] = 0xFF
            let sum = Self.crc32(bytes[..<76])
            bytes.replaceSubrange(76..<80, with: (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) })
        }
        #expect(try await DamagedFiles.open(forged).damage?.offset == 80)
    }

    private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }

    @Test("every error tells the operator what to do")
    func descriptions() {
        let damage = Damage(file: "a.journal", offset: 7, detail: "it is torn")
        let expectations: [(StorageError, String)] = [
            (.locked(directory: "/d"), "/d"), (.keyMissing(keyFile: "/d/k"), "storage.encryption_key"),
            (.wrongKey(file: "f"), "other than"), (.damaged(damage), "offset 7"),
            (.damaged(damage), "--accept-loss a.journal"),
            (.unsupportedVersion(file: "f", version: 3), "version 3"), (.directoryNotEmpty("/d"), "not empty"),
            (.fileSystem(FileSystemError(operation: "pwrite", path: "/p", code: ENOSPC)), "No space left"),
        ]
        for (error, text) in expectations { #expect("\(error)".contains(text)) }
    }
}
