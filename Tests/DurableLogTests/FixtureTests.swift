import AuthorizationServerTesting
import DurableLog
import Foundation
import Testing

/// Files that earlier versions wrote are read by this one; a version's files stay here for good.
@Suite("Samples of the formats")
struct FixtureTests {
    private func fixture(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        return Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    @Test("version 1: a journal segment of five records")
    func journalVersion1() async throws {
        let disk = ScriptedFileSystem()
        disk[DamagedFiles.segment(1)] = try fixture("version-1.journal")
        let store = try TestStore.open(disk)
        #expect(store.recovery.recordCount == 5)
        #expect(store.recovery.tornTail == nil)
        #expect(try TestStore.state(of: store).count == 5)
        try await store.close()
    }

    @Test("version 1: a snapshot of two sections")
    func snapshotVersion1() async throws {
        let disk = ScriptedFileSystem()
        disk[DamagedFiles.snapshot(3)] = try fixture("version-1.snapshot")
        let store = try TestStore.open(disk)
        #expect(store.recovery.snapshot?.creationSeconds == 1_700_000_000)
        #expect(store.recovery.lastPosition.sequenceNumber == 5)
        var replay = try store.replay()
        #expect(try replay.next() == .section(id: 1, position: JournalPosition(sequenceNumber: 5)))
        for number in 1...5 { #expect(try replay.next() == .chunk(TestStore.record(UInt64(number)))) }
        #expect(try replay.next() == .section(id: 2, position: JournalPosition(sequenceNumber: 6)))
        #expect(try replay.next() == .chunk([]))
        #expect(try replay.next() == nil)
        try await store.close()
    }

    @Test("today's journal is version 1 to the byte")
    func journalBytes() async throws {
        let disk = ScriptedFileSystem()
        // The only random bytes of a segment are its salt.
        let store = try TestStore.open(disk, random: SeededRandomSource(seed: 1))
        for number in 1...5 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
        }
        try await store.close()
        #expect(disk[DamagedFiles.segment(1)] == (try fixture("version-1.journal")))
    }
}
