import AuthorizationServerTesting
import DurableLog
import Testing

/// Small stored files, and ways to damage them.
enum DamagedFiles {
    static func segment(_ number: Int) -> String { TestStore.directory + "/" + padded(number) + ".journal" }
    static func snapshot(_ number: Int) -> String { TestStore.directory + "/" + padded(number) + ".snapshot" }

    static func name(_ path: String) -> String { String(path.dropFirst(TestStore.directory.count + 1)) }

    private static func padded(_ number: Int) -> String {
        String(repeating: "0", count: 20 - String(number).count) + String(number)
    }

    /// A store that was closed after so many records, each of them synced by itself.
    static func journal(records count: Int, segmentByteCount: Int = 1 << 16) async throws -> ScriptedFileSystem {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk, options: TestStore.options(segmentByteCount: segmentByteCount))
        for number in 0..<count {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number) + 1)))
        }
        try await store.close()
        return disk
    }

    /// Where each record of a segment begins, and its end.
    static func records(in segment: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var offset = 96
        while offset + 28 < segment.count, segment[offset] != 0 {
            let end = offset + 28 + number(segment, at: offset + 4) + 1
            ranges.append(offset..<end)
            offset = end
        }
        return ranges
    }

    /// Where each frame of a snapshot begins, and its end.
    static func frames(in snapshot: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var offset = 96
        while offset + 5 <= snapshot.count {
            let end = offset + 5 + number(snapshot, at: offset)
            ranges.append(offset..<end)
            offset = end
        }
        return ranges
    }

    private static func number(_ bytes: [UInt8], at index: Int) -> Int {
        bytes[index..<(index + 4)].reduce(0) { $0 << 8 | Int($1) }
    }

    /// The disk with one file changed.
    static func disk(
        _ disk: ScriptedFileSystem,
        _ path: String,
        _ change: (inout [UInt8]) -> Void
    ) throws -> ScriptedFileSystem {
        let copy = disk.image(.powerLost(seed: 1))
        var bytes = try #require(copy[path])
        change(&bytes)
        copy[path] = bytes
        return copy
    }

    /// How opening a disk ends.
    static func open(_ disk: ScriptedFileSystem, acceptedLosses: Set<String> = []) async throws -> Outcome {
        let store: DurableStore
        do {
            store = try TestStore.open(disk, options: TestStore.options(acceptedLosses: acceptedLosses))
        } catch let error as StorageError {
            return .refused(error)
        }
        let report = store.recovery
        var records: [UInt64] = []
        var replay = try store.replay()
        while let item = try replay.next() {
            switch item {
            case .record(let position, let bytes):
                // Whatever is handed out is what was appended under this number.
                #expect(bytes == TestStore.record(position.sequenceNumber))
                records.append(position.sequenceNumber)
            case .chunk(let bytes):
                records.append(UInt64(records.count) + 1)
                #expect(bytes == TestStore.record(UInt64(records.count)))
            case .section: break
            }
        }
        try await store.close()
        return .opened(report, records)
    }

    enum Outcome {
        case refused(StorageError)
        case opened(RecoveryReport, [UInt64])

        var damage: Damage? {
            guard case .refused(.damaged(let damage)) = self else { return nil }
            return damage
        }

        var records: [UInt64]? {
            guard case .opened(_, let records) = self else { return nil }
            return records
        }

        var report: RecoveryReport? {
            guard case .opened(let report, _) = self else { return nil }
            return report
        }
    }
}
