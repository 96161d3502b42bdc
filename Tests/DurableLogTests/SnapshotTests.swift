import AuthorizationServerTesting
import DurableLog
import Synchronization
import Testing

@Suite("Snapshots", .timeLimit(.minutes(10)))
struct SnapshotTests {
    /// A directory with one snapshot of three records, and no journal that could replace it.
    private func restored() async throws -> ScriptedFileSystem {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...3 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        _ = try await TestStore.snapshot(store, count: 3)
        try await store.close()
        let copy = ScriptedFileSystem()
        copy[DamagedFiles.snapshot(1)] = disk[DamagedFiles.snapshot(1)]
        return copy
    }

    /// Chunks that do not deflate, in more than one frame.
    private static let chunks: [[UInt8]] = {
        let random = SeededRandomSource(seed: 5)
        return [0, 1, 100_000, 262_144, 5, 400_000].map { random.bytes($0) }
    }()

    private func large() async throws -> ScriptedFileSystem {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...9 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        _ = try await store.writeSnapshot(covering: .beginning, creationSeconds: 5) { writer throws(StorageError) in
            try writer.beginSection(1, position: .beginning)
            for chunk in Self.chunks { try writer.write(chunk) }
            try writer.beginSection(2, position: JournalPosition(sequenceNumber: 9))
        }
        try await store.close()
        let copy = ScriptedFileSystem()
        copy[DamagedFiles.snapshot(1)] = disk[DamagedFiles.snapshot(1)]
        return copy
    }

    @Test("sections and chunks come back as they were written")
    func roundTrip() async throws {
        var replay = try TestStore.open(try await large()).replay()
        #expect(try replay.next() == .section(id: 1, position: .beginning))
        for chunk in Self.chunks { #expect(try replay.next() == .chunk(chunk)) }
        #expect(try replay.next() == .section(id: 2, position: JournalPosition(sequenceNumber: 9)))
        #expect(try replay.next() == nil)
        #expect(try replay.next() == nil)
    }

    @Test("frames that several threads deflate come back in their order", arguments: [0, 1, 2, 7], [0, 1, 2, 3, 40])
    func threads(count: Int, frames: Int) async throws {
        let disk = ScriptedFileSystem()
        var options = TestStore.options()
        options.snapshotThreadCount = count
        options.snapshotSynchronizeByteCount = 100_000
        let store = try TestStore.open(disk, options: options)
        let random = SeededRandomSource(seed: UInt64(frames))
        // Of different cost, so that threads overtake each other.
        let chunks = (0..<frames).map { index in
            index.isMultiple(of: 2) ? random.bytes(262_139) : [UInt8](repeating: UInt8(index), count: 262_139)
        }
        _ = try await store.writeSnapshot(covering: .beginning, creationSeconds: 1) { writer throws(StorageError) in
            try writer.beginSection(1, position: .beginning)
            for chunk in chunks { try writer.write(chunk) }
        }
        try await store.close()
        var replay = try TestStore.open(disk).replay()
        #expect(try replay.next() == .section(id: 1, position: .beginning))
        for chunk in chunks { #expect(try replay.next() == .chunk(chunk)) }
        #expect(try replay.next() == nil)
    }

    @Test("a snapshot that is given up between two frames leaves nothing, and the next one is whole")
    func givenUp() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        await #expect(throws: StorageError.self) {
            _ = try await store.writeSnapshot(covering: .beginning, creationSeconds: 1) { writer throws(StorageError) in
                try writer.beginSection(1, position: .beginning)
                for _ in 0..<5 { try writer.write([UInt8](repeating: 1, count: 300_000)) }
                throw .invalidSnapshotContent("the caller changed its mind")
            }
        }
        #expect(!disk.files.contains { $0.contains(".snapshot") })
        _ = try await TestStore.snapshot(store, count: 0)
        try await store.close()
        #expect(try TestStore.open(disk).recovery.snapshot?.number == 2)
    }

    @Test("any flipped bit of any byte stops the start")
    func flippedBytes() async throws {
        let disk = try await restored()
        let path = DamagedFiles.snapshot(1)
        let count = try #require(disk[path]).count
        for index in 0..<count {
            for mask in [UInt8(0x01), 0x80, 0xFF] {
                let outcome = try await DamagedFiles.open(try DamagedFiles.disk(disk, path) { $0[index] ^= mask })
                let damage = try #require(outcome.damage, "byte \(index), mask \(mask)")
                #expect(damage.file == DamagedFiles.name(path))
                #expect(damage.offset <= index)
            }
        }
    }

    @Test("any truncation and any addition stops the start")
    func truncated() async throws {
        let disk = try await restored()
        let path = DamagedFiles.snapshot(1)
        let count = try #require(disk[path]).count
        for length in 0..<count {
            let outcome = try await DamagedFiles.open(
                try DamagedFiles.disk(disk, path) { $0 = Array($0.prefix(length)) }
            )
            #expect(outcome.damage != nil, "\(length)")
        }
        #expect(try await DamagedFiles.open(try DamagedFiles.disk(disk, path) { $0.append(0) }).damage != nil)
    }

    @Test("frames that are exchanged, left out, repeated, cut off or brought from another snapshot are refused")
    func rearranged() async throws {
        let disk = try await large()
        let other = try await large()
        let path = DamagedFiles.snapshot(1)
        let bytes = try #require(disk[path])
        let otherBytes = try #require(other[path])
        let head = Array(bytes[..<96])
        let frames = DamagedFiles.frames(in: bytes).map { Array(bytes[$0]) }
        let otherFrames = DamagedFiles.frames(in: otherBytes).map { Array(otherBytes[$0]) }
        #expect(frames.count == 3)
        var notLast = frames
        notLast[1][4] = 1
        let arrangements: [(String, [[UInt8]])] = [
            ("exchanged", [frames[1], frames[0], frames[2]]),
            ("left out", [frames[0], frames[2]]),
            ("repeated", [frames[0], frames[0], frames[1], frames[2]]),
            ("cut off", [frames[0], frames[1]]),
            ("cut off and marked", [notLast[0], notLast[1]]),
            ("continued", frames + [frames[2]]),
            ("spliced", [frames[0], otherFrames[1], frames[2]]),
            ("last spliced", [frames[0], frames[1], otherFrames[2]]),
            ("empty", []),
        ]
        for (name, arrangement) in arrangements {
            let outcome = try await DamagedFiles.open(
                try DamagedFiles.disk(disk, path) { $0 = head + arrangement.flatMap(\.self) }
            )
            #expect(outcome.damage?.file == DamagedFiles.name(path), "\(name)")
        }
    }

    @Test(
        "a damaged newest snapshot costs nothing while an older one and the journal have everything; it is said loudly"
    )
    func fallsBack() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...3 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        _ = try await TestStore.snapshot(store, count: 3)
        for number in 4...20 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        _ = try await TestStore.snapshot(store, count: 20)
        try await store.close()
        for index in [20, 200] {
            let damaged = try DamagedFiles.disk(disk, DamagedFiles.snapshot(2)) { $0[index] ^= 1 }
            let log = LogCapture()
            let again = try TestStore.open(damaged, logger: log.logger)
            #expect(try TestStore.state(of: again).count == 20)
            #expect(again.recovery.snapshot?.number == 1)
            #expect(again.recovery.toleratedDamage.map(\.file) == [DamagedFiles.name(DamagedFiles.snapshot(2))])
            #expect(again.recovery.requiresSnapshot)
            #expect(log.messages.contains { $0.contains("error: The storage is damaged") })
            #expect(damaged[DamagedFiles.snapshot(2) + ".damaged"] != nil)
            try await again.close()
        }
    }

    @Test("a damaged newest snapshot stops the start when the journal cannot replace it; acceptance is by its name")
    func cannotFallBack() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...3 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        _ = try await TestStore.snapshot(store, count: 3)
        for number in 4...40 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
        }
        _ = try await TestStore.snapshot(store, count: 40)
        try await store.close()
        let path = DamagedFiles.snapshot(2)
        let damaged = try DamagedFiles.disk(disk, path) { $0[200] ^= 1 }
        for file in damaged.files where file.hasSuffix(".journal") { damaged[file] = nil }
        #expect(try await DamagedFiles.open(damaged).damage?.file == DamagedFiles.name(path))
        let outcome = try await DamagedFiles.open(damaged, acceptedLosses: [DamagedFiles.name(path)])
        #expect(outcome.records == [1, 2, 3])
    }

    @Test("the only snapshot is damaged and the journal before it is gone: its name, not an empty state")
    func onlySnapshotDamaged() async throws {
        let disk = ScriptedFileSystem()
        let options = StorageOptions(journal: TestStore.options().journal, snapshotCountMax: 1)
        let store = try TestStore.open(disk, options: options)
        for number in 1...40 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
        }
        _ = try await TestStore.snapshot(store, count: 40)
        _ = store.journal.append(TestStore.record(41))
        try await store.close()
        #expect(disk[DamagedFiles.segment(1)] == nil)
        let path = DamagedFiles.snapshot(1)
        let damaged = try DamagedFiles.disk(disk, path) { $0[200] ^= 1 }
        #expect(try await DamagedFiles.open(damaged).damage?.file == DamagedFiles.name(path))
        let outcome = try await DamagedFiles.open(damaged, acceptedLosses: [DamagedFiles.name(path)])
        #expect(outcome.records?.last == 41)
        #expect(outcome.report?.lostRecords.first?.lowerBound == 1)
    }

    @Test("snapshots beyond the count are dropped, and the segments that the oldest kept one covers")
    func dropped() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        var number: UInt64 = 0
        for _ in 0..<5 {
            for _ in 0..<20 {
                number += 1
                try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(number)))
            }
            _ = try await TestStore.snapshot(store, count: number)
        }
        #expect(store.snapshotDescriptions.map(\.number) == [4, 5])
        let files = disk.files.map(DamagedFiles.name)
        #expect(files.filter { $0.hasSuffix(".snapshot") }.count == 2)
        try await store.close()
        // With the newest one gone, the other and the journal still tell everything.
        let without = disk.image(.powerLost(seed: 1))
        without[DamagedFiles.snapshot(5)] = nil
        #expect(try TestStore.state(of: TestStore.open(without)).count == 100)
        let first = try #require(files.first { $0.hasSuffix(".journal") })
        #expect(first > DamagedFiles.name(DamagedFiles.segment(5)))
    }

    @Test("one snapshot at a time; a failed one leaves nothing and the next succeeds")
    func oneAtATime() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        let gate = Gate()
        let (started, continuation) = AsyncStream.makeStream(of: Void.self)
        // Task by hand: it waits within the body while the other attempt is refused.
        let first = Task {
            try await store.writeSnapshot(covering: .beginning, creationSeconds: 1) { writer throws(StorageError) in
                continuation.yield()
                gate.pass()
                throw .invalidSnapshotContent("the caller changed its mind")
            }
        }
        for await _ in started { break }
        await #expect(throws: StorageError.snapshotInProgress) { _ = try await TestStore.snapshot(store, count: 0) }
        gate.open()
        await #expect(throws: StorageError.self) { _ = try await first.value }
        #expect(!disk.files.contains { $0.contains(".snapshot") })
        let written = try await TestStore.snapshot(store, count: 0)
        #expect(written.number == 2)
        #expect(written.creationSeconds == 1_700_000_000)
        try await store.close()
    }

    @Test("a chunk needs a section, and has a greatest size")
    func content() async throws {
        let store = try TestStore.open(ScriptedFileSystem())
        await #expect(throws: StorageError.self) {
            _ = try await store.writeSnapshot(covering: .beginning, creationSeconds: 1) { writer throws(StorageError) in
                try writer.write([1])
            }
        }
        await #expect(throws: StorageError.self) {
            _ = try await store.writeSnapshot(covering: .beginning, creationSeconds: 1) { writer throws(StorageError) in
                try writer.beginSection(1, position: .beginning)
                try writer.write([UInt8](repeating: 0, count: SnapshotItem.chunkByteCountMax + 1))
            }
        }
        try await store.close()
    }

    @Test("a position behind the journal's last record, or a section's outside the snapshot's, is refused")
    func positions() async throws {
        let store = try TestStore.open(ScriptedFileSystem())
        for number in 1...5 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        for (covering, section) in [(6, 6), (2, 1), (2, 6)] as [(UInt64, UInt64)] {
            await #expect(throws: StorageError.self) {
                _ = try await store.writeSnapshot(
                    covering: JournalPosition(sequenceNumber: covering),
                    creationSeconds: 1
                ) { writer throws(StorageError) in
                    try writer.beginSection(1, position: JournalPosition(sequenceNumber: section))
                }
            }
        }
        #expect(store.snapshotDescriptions.isEmpty)
        try await store.close()
    }

    @Test("a section that was captured later than the snapshot's position hands its own position back")
    func sectionPositions() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...5 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        _ = try await store.writeSnapshot(covering: JournalPosition(sequenceNumber: 2), creationSeconds: 1) {
            writer throws(StorageError) in
            try writer.beginSection(1, position: JournalPosition(sequenceNumber: 4))
            for number in 1...4 { try writer.write(TestStore.record(UInt64(number))) }
        }
        try await store.close()
        let again = try TestStore.open(disk)
        #expect(again.recovery.recordCount == 3)
        #expect(try TestStore.state(of: again).count == 5)
        try await again.close()
    }
}
