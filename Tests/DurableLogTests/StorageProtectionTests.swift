import AuthorizationServerTesting
import DurableLog
import Foundation
import Glibc
import Testing

@Suite("S-18: only the owner of the state can replace it")
struct StorageProtectionTests {
    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/durable-log-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test(
        "S-18: a directory that others may change is refused, by start and restore",
        arguments: [0o777, 0o770, 0o702]
    )
    func sharedDirectory(mode: Int) async throws {
        try await withDirectory { path in
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let refusal = StorageError.unprotected(
                directory: path,
                DirectoryAccess(isOwned: true, isWritableByOthers: true)
            )
            #expect(throws: refusal) { try TestStore.open(POSIXFileSystem(), directory: path) }
            let key = try TestStore.key()
            #expect(throws: refusal) {
                try StorageInspection.markRestored(directory: path, key: key, seconds: 1)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
            try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: path)
            try await TestStore.open(POSIXFileSystem(), directory: path).close()
        }
    }

    @Test("S-18: a directory of another user is refused")
    func foreignDirectory() async throws {
        // Only an administrator can make one; everybody else finds one in the root directory's owner.
        try await withDirectory { path in
            let directory = geteuid() == 0 ? path : "/usr"
            if geteuid() == 0 {
                let status = unsafe chown(path, 65_534, 65_534)
                try #require(status == 0)
            }
            let access = try POSIXFileSystem().access(toDirectory: directory)
            #expect(!access.isOwned)
            #expect(throws: StorageError.unprotected(directory: directory, access)) {
                try TestStore.open(POSIXFileSystem(), directory: directory)
            }
        }
    }

    @Test("S-18: symbolic links in place of the lock, the key and the audit trail are not followed")
    func links() async throws {
        for name in ["lock", "master.key"] {
            try await withDirectory { path in
                try Data(count: 32).write(to: URL(filePath: path + "/target"))
                try FileManager.default.createSymbolicLink(
                    atPath: path + "/" + name,
                    withDestinationPath: path + "/target"
                )
                #expect {
                    try TestStore.open(POSIXFileSystem(), directory: path, key: .besideData)
                } throws: { error in
                    "\(error)".contains("\(path)/\(name): is a symbolic link")
                }
            }
        }
        try await withDirectory { path in
            try FileManager.default.createSymbolicLink(atPath: path + "/audit.log", withDestinationPath: path + "/t")
            #expect(throws: FileSystemError(operation: "open", path: path + "/audit.log", code: ELOOP)) {
                try AppendingFile(path: path + "/audit.log")
            }
            #expect(!FileManager.default.fileExists(atPath: path + "/t"))
        }
    }

    private func filled() async throws -> ScriptedFileSystem {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...6 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
        }
        _ = try await TestStore.snapshot(store, count: 4)
        try await store.close()
        return disk
    }

    private func remove(_ disk: ScriptedFileSystem, where isRemoved: (String) -> Bool) throws {
        for path in disk.files where isRemoved(path) { try disk.remove(path) }
    }

    @Test("S-18: a store whose data is gone is not a new one, unless the operator says so")
    func emptied() async throws {
        let disk = try await filled()
        try remove(disk) { $0.hasSuffix(".journal") || $0.hasSuffix(".snapshot") }
        let refusal = StorageError.emptied(directory: TestStore.directory, evidence: "store.id")
        #expect(throws: refusal) { try TestStore.open(disk) }
        #expect(!disk.files.contains { $0.hasSuffix(".journal") })
        let store = try TestStore.open(disk, options: TestStore.options(acceptedLosses: ["store.id"]))
        #expect(store.recovery.isNew)
        try await store.close()
    }

    @Test("S-18: an audit trail with events, alone in the directory, shows that there was a store")
    func companion() throws {
        var options = TestStore.options()
        options.companions = ["audit.log"]
        let disk = ScriptedFileSystem()
        disk[TestStore.directory + "/audit.log"] = []
        disk[TestStore.directory + "/notes.txt"] = [1]
        #expect(try TestStore.open(disk, options: options).recovery.isNew)
        let emptied = ScriptedFileSystem()
        emptied[TestStore.directory + "/audit.log"] = Array("{}\n".utf8)
        #expect(throws: StorageError.emptied(directory: TestStore.directory, evidence: "audit.log")) {
            try TestStore.open(emptied, options: options)
        }
        options.acceptedLosses = ["audit.log"]
        #expect(try TestStore.open(emptied, options: options).recovery.isNew)
    }

    @Test("S-08: a restore is remembered, and only a mark under the store's own key counts")
    func restorationMark() async throws {
        let disk = try await filled()
        #expect(try await reopened(disk).restorationSeconds == nil)
        try StorageInspection.markRestored(
            directory: TestStore.directory,
            key: try TestStore.key(),
            seconds: 77,
            fileSystem: disk
        )
        #expect(try await reopened(disk).restorationSeconds == 77)
        try StorageInspection.markRestored(
            directory: TestStore.directory,
            key: try TestStore.key(9),
            seconds: 99,
            fileSystem: disk
        )
        #expect(try await reopened(disk).restorationSeconds == nil)
        disk[TestStore.directory + "/restored.mark"] = [1, 2, 3]
        #expect(try await reopened(disk).restorationSeconds == nil)
    }

    private func reopened(_ disk: ScriptedFileSystem) async throws -> RecoveryReport {
        let store = try TestStore.open(disk)
        try await store.close()
        return store.recovery
    }

    @Test("S-18: a copy under another key has the same state, and the original stays as it was")
    func rekey() async throws {
        let disk = try await filled()
        try StorageInspection.markRestored(
            directory: TestStore.directory,
            key: try TestStore.key(),
            seconds: 77,
            fileSystem: disk
        )
        let before = disk.files.map { disk[$0] }
        let newKey = try TestStore.key(9)
        let inspection = try StorageInspection(
            directory: TestStore.directory,
            key: .configured(try TestStore.key()),
            fileSystem: disk,
            logger: TestStore.logger
        )
        let copied = try inspection.rekey(into: "/copy", with: newKey)
        #expect(copied.snapshot?.position.sequenceNumber == 4 && copied.recordCount == 2)
        #expect(disk.files.filter { $0.hasPrefix(TestStore.directory + "/") }.map { disk[$0] } == before)
        #expect(throws: StorageError.self) { try TestStore.open(disk, directory: "/copy") }
        let store = try TestStore.open(disk, directory: "/copy", key: .configured(newKey))
        #expect(try TestStore.state(of: store).count == 6)
        #expect(store.recovery.restorationSeconds == 77)
        #expect(store.journal.append(TestStore.record(7)).sequenceNumber == 7)
        try await store.close()
        #expect(throws: StorageError.directoryNotEmpty("/copy")) { try inspection.rekey(into: "/copy", with: newKey) }
    }

    @Test("S-18: a copy without a snapshot has the journal's records")
    func rekeyJournal() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...50 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        let inspection = try StorageInspection(
            directory: TestStore.directory,
            key: .configured(try TestStore.key()),
            fileSystem: disk,
            logger: TestStore.logger
        )
        let newKey = try TestStore.key(9)
        #expect(throws: StorageError.locked(directory: TestStore.directory)) {
            try inspection.rekey(into: "/copy", with: newKey)
        }
        try await store.close()
        let copied = try inspection.rekey(into: "/copy", with: newKey)
        #expect(copied.snapshot == nil && copied.recordCount == 50)
        let copy = try TestStore.open(disk, directory: "/copy", key: .configured(newKey))
        #expect(try TestStore.state(of: copy).count == 50)
        try await copy.close()
    }
}

@Suite("A journal on a machine that was resumed or copied")
struct NewSegmentTests {
    @Test("Info: the next record begins a segment with a key of its own, and nothing is lost")
    func beginsSegment() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...3 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
        }
        let before = disk.files.filter { $0.hasSuffix(".journal") }
        store.journal.beginSegment()
        try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(4)))
        let after = disk.files.filter { $0.hasSuffix(".journal") }
        #expect(after.count == before.count + 1)
        // The salts of the two segments.
        let salts = Set(after.compactMap { disk[$0].map { Array($0[20..<52]) } })
        #expect(salts.count == after.count)
        try await store.close()
        #expect(try TestStore.state(of: TestStore.open(disk)).count == 4)
    }
}
