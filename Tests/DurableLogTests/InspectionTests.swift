import AuthorizationServerTesting
import DurableLog
import Testing

@Suite("Listing, verifying and backups", .timeLimit(.minutes(10)))
struct InspectionTests {
    private func filled() async throws -> ScriptedFileSystem {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...3 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        _ = try await TestStore.snapshot(store, count: 3)
        for number in 4...6 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        _ = try await TestStore.snapshot(store, count: 6)
        _ = store.journal.append(TestStore.record(7))
        try await store.close()
        return disk
    }

    private func inspection(_ disk: ScriptedFileSystem, key: UInt8 = 1) throws -> StorageInspection {
        try StorageInspection(
            directory: TestStore.directory,
            key: .configured(try TestStore.key(key)),
            fileSystem: disk,
            logger: TestStore.logger
        )
    }

    @Test("list tells number, position, time and size")
    func list() async throws {
        let disk = try await filled()
        let entries = try inspection(disk).list()
        let descriptions = try entries.map { try $0.result.get() }
        #expect(descriptions.map(\.number) == [1, 2])
        #expect(descriptions.map(\.position.sequenceNumber) == [3, 6])
        #expect(descriptions.map(\.creationSeconds) == [1_700_000_000, 1_700_000_000])
        #expect(descriptions[1].byteCount == UInt64(try #require(disk[DamagedFiles.snapshot(2)]).count))
        for entry in try inspection(disk, key: 9).list() {
            #expect(entry.result == .failure(.wrongKey(file: entry.file)))
        }
    }

    @Test("verify reads everything and changes nothing, beside a store that is open too")
    func verify() async throws {
        let disk = try await filled()
        let store = try TestStore.open(disk)
        let before = disk.operations.count
        let verification = try inspection(disk).verify()
        #expect(verification.isWhole)
        #expect(try verification.recovery.get().lastPosition.sequenceNumber == 7)
        #expect(disk.operations.count == before)
        try await store.close()
    }

    @Test("verify names the damage of an older snapshot, of the newest one and of the journal")
    func verifyDamage() async throws {
        let disk = try await filled()
        for path in [DamagedFiles.snapshot(1), DamagedFiles.snapshot(2), DamagedFiles.segment(1)] {
            let damaged = try DamagedFiles.disk(disk, path) { $0[150] ^= 1 }
            let verification = try inspection(damaged).verify()
            #expect(!verification.isWhole)
            for entry in verification.snapshots {
                if case .failure(.damaged(let damage)) = entry.result {
                    #expect(damage.file == DamagedFiles.name(path))
                } else {
                    #expect(entry.file != DamagedFiles.name(path))
                }
            }
        }
    }

    @Test("a backup restores into an empty directory, and the store goes on from it")
    func backup() async throws {
        let disk = try await filled()
        let exported = try inspection(disk).export(to: "/backup/gatehouse.backup")
        #expect(exported.position.sequenceNumber == 6)
        let machine = ScriptedFileSystem()
        machine["/backup/gatehouse.backup"] = disk["/backup/gatehouse.backup"]
        let key = try TestStore.key()
        #expect(
            try StorageInspection.verifyBackup("/backup/gatehouse.backup", key: key, fileSystem: machine).number == 2
        )
        let restored = try StorageInspection.restore(
            "/backup/gatehouse.backup",
            into: TestStore.directory,
            key: key,
            seconds: 1_700_000_000,
            fileSystem: machine
        )
        #expect(restored.position.sequenceNumber == 6)
        let store = try TestStore.open(machine)
        #expect(try TestStore.state(of: store).count == 6)
        #expect(store.journal.append(TestStore.record(7)).sequenceNumber == 7)
        _ = try await TestStore.snapshot(store, count: 7)
        try await store.close()
        #expect(try TestStore.state(of: TestStore.open(machine.image(.powerLost(seed: 0)))).count == 7)
    }

    @Test("export takes the newest whole snapshot, refuses to overwrite, and says when there is none")
    func exportRefusals() async throws {
        let disk = try await filled()
        let damaged = try DamagedFiles.disk(disk, DamagedFiles.snapshot(2)) { $0[150] ^= 1 }
        #expect(try inspection(damaged).export(to: "/backup/one").number == 1)
        #expect(throws: StorageError.self) { try inspection(damaged).export(to: "/backup/one") }
        damaged[DamagedFiles.snapshot(1)] = [1, 2, 3]
        #expect {
            try inspection(damaged).export(to: "/backup/two")
        } throws: { error in
            guard case StorageError.damaged(let damage) = error else { return false }
            return damage.file == DamagedFiles.name(DamagedFiles.snapshot(2))
        }
        #expect(throws: StorageError.noSnapshot(directory: TestStore.directory)) {
            try inspection(ScriptedFileSystem()).export(to: "/backup/three")
        }
        #expect(damaged.files.filter { $0.hasPrefix("/backup") } == ["/backup/one"])
    }

    @Test("restore refuses a directory with data, another key, a damaged backup and a store that is open")
    func restoreRefusals() async throws {
        let disk = try await filled()
        _ = try inspection(disk).export(to: "/backup/one")
        let key = try TestStore.key()
        func restore(_ key: StorageKey, on disk: ScriptedFileSystem) throws {
            _ = try StorageInspection.restore(
                "/backup/one",
                into: TestStore.directory,
                key: key,
                seconds: 1_700_000_000,
                fileSystem: disk
            )
        }
        #expect(throws: StorageError.directoryNotEmpty(TestStore.directory)) { try restore(key, on: disk) }
        let machine = ScriptedFileSystem()
        machine["/backup/one"] = disk["/backup/one"]
        #expect(throws: StorageError.wrongKey(file: "one")) { try restore(try TestStore.key(9), on: machine) }
        let damaged = try DamagedFiles.disk(machine, "/backup/one") { $0[150] ^= 1 }
        #expect(throws: StorageError.self) { try restore(key, on: damaged) }
        #expect(damaged.files == ["/backup/one"])
        let store = try TestStore.open(machine)
        #expect(throws: StorageError.locked(directory: TestStore.directory)) { try restore(key, on: machine) }
        try await store.close()
    }

    @Test("a restore that stops at any operation leaves an empty directory or a whole backup")
    func restoreStops() async throws {
        let disk = try await filled()
        _ = try inspection(disk).export(to: "/backup/one")
        let key = try TestStore.key()
        var number = 0
        while true {
            number += 1
            let machine = ScriptedFileSystem(script: ScriptedFileSystem.stop(at: number, afterBytes: 10))
            machine["/backup/one"] = disk["/backup/one"]
            do {
                _ = try StorageInspection.restore(
                    "/backup/one",
                    into: TestStore.directory,
                    key: key,
                    seconds: 1_700_000_000,
                    fileSystem: machine
                )
                break
            } catch {}
            for crash in [ScriptedFileSystem.Crash.killed] + (0..<4).map({ .powerLost(seed: $0) }) {
                let image = machine.image(crash)
                let store = try TestStore.open(image)
                let count = try TestStore.state(of: store).count
                #expect(count == 0 || count == 6)
                #expect((count == 0) == store.recovery.isNew)
            }
        }
        #expect(number > 4)
    }
}
