import AuthorizationServerTesting
import DurableLog
import Testing

@Suite("Replay in batches", .timeLimit(.minutes(1)))
struct BatchedReplayTests {
    /// A snapshot whose chunks cross the boundaries of its frames, and a journal of several segments behind it.
    private static func disk() async throws -> ScriptedFileSystem {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        let random = SeededRandomSource(seed: 11)
        for number in 1...20 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
        }
        _ = try await store.writeSnapshot(covering: JournalPosition(sequenceNumber: 20), creationSeconds: 5) {
            writer throws(StorageError) in
            try writer.beginSection(1, position: JournalPosition(sequenceNumber: 20))
            for count in [0, 1, 100_000, 262_139, 262_144, 5, 600_000, 13] { try writer.write(random.bytes(count)) }
            try writer.beginSection(2, position: JournalPosition(sequenceNumber: 20))
            for number in 0..<5000 { try writer.write(TestStore.record(UInt64(number))) }
            try writer.beginSection(3, position: JournalPosition(sequenceNumber: 20))
        }
        for number in 21...80 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
        }
        try await store.close()
        return disk
    }

    private static func plain(_ store: DurableStore) throws -> [[UInt8]] {
        var records: [[UInt8]] = []
        var replay = try store.replay()
        while let item = try replay.next() {
            switch item {
            case .section: break
            case .chunk(let bytes), .record(_, let bytes): records.append(bytes)
            }
        }
        return records
    }

    private static func batched(_ store: DurableStore) throws -> [[UInt8]] {
        var replay = try store.batchedReplay()
        var pieces: [SealedPiece] = []
        while let piece = try replay.nextPiece() { pieces.append(piece) }
        // Opened from the last to the first: the order of opening does not matter.
        let opened = try pieces.reversed().map { try $0.open() }
        return try opened.reversed().flatMap { try replay.batches(in: $0) }.flatMap { batch in
            batch.records.map { Array(batch.bytes[$0]) }
        }
    }

    @Test("hands out what the plain replay does, in its order, in whatever order pieces are opened")
    func equal() async throws {
        let store = try TestStore.open(try await Self.disk())
        let records = try Self.plain(store)
        #expect(records.count == 8 + 5000 + 60)
        #expect(try Self.batched(store) == records)
        try await store.close()
    }

    @Test("an empty directory has no pieces")
    func empty() async throws {
        let store = try TestStore.open(ScriptedFileSystem())
        #expect(try Self.batched(store).isEmpty)
        try await store.close()
    }

    @Test("leaves out what was accepted as lost, as the plain replay does")
    func acceptedLoss() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        for number in 1...80 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
        }
        try await store.close()
        let path = DamagedFiles.segment(2)
        let damaged = try DamagedFiles.disk(disk, path) { $0[DamagedFiles.records(in: $0)[1].lowerBound + 40] ^= 1 }
        let options = TestStore.options(acceptedLosses: [DamagedFiles.name(path)])
        let again = try TestStore.open(damaged, options: options)
        let records = try Self.plain(again)
        #expect(records.count == 79)
        #expect(try Self.batched(again) == records)
        try await again.close()
    }

    @Test("a frame that changes after the check is refused when it is opened, by its file and place")
    func changedFrame() async throws {
        let disk = try await Self.disk()
        let path = DamagedFiles.snapshot(1)
        let store = try TestStore.open(disk)
        var bytes = try #require(disk[path])
        let frame = DamagedFiles.frames(in: bytes)[1]
        bytes[frame.lowerBound + 100] ^= 1
        disk[path] = bytes
        do {
            _ = try Self.batched(store)
            Issue.record("an altered frame was opened")
        } catch StorageError.damaged(let damage) {
            #expect(damage.file == DamagedFiles.name(path))
            #expect(damage.offset == frame.lowerBound)
        }
        try await store.close()
    }

    @Test("a segment that vanishes after the check is refused, not taken for empty")
    func vanishedSegment() async throws {
        let disk = try await Self.disk()
        let store = try TestStore.open(disk)
        var replay = try store.batchedReplay()
        let last = try #require(disk.files.filter { $0.hasSuffix(".journal") }.sorted().dropLast().last)
        disk[last] = nil
        #expect(throws: StorageError.self) {
            while let piece = try replay.nextPiece() { _ = try replay.batches(in: try piece.open()) }
        }
        try await store.close()
    }
}
