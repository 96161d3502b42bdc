import AuthorizationServerTesting
import DurableLog
import Foundation
import Synchronization
import Testing

/// The disk takes nothing until records find no place in memory.
///
/// When it works again a snapshot covers what they said, and the journal goes on after the gap.
@Suite("Records that had to be omitted", .timeLimit(.minutes(10)))
struct OmissionTests {
    /// A disk that takes nothing while it is full, and where the process ends at one of the operations that it takes.
    private final class Disk: Sendable {
        let fileSystem = ScriptedFileSystem()
        private let isFull = Atomic(false)
        private let takenCount = Atomic(0)

        init(stoppingAt number: Int = .max, afterBytes count: Int = 0) {
            fileSystem.setScript { [self] operation in
                let changes: Set<ScriptedFileSystem.Kind> = [.create, .write, .allocate, .synchronize]
                if isFull.load(ordering: .relaxed), changes.contains(operation.kind) { return .error(ENOSPC) }
                let taken = takenCount.wrappingAdd(1, ordering: .relaxed).newValue
                return taken >= number ? .stop(count) : nil
            }
        }

        func setFull(_ isFull: Bool) { self.isFull.store(isFull, ordering: .relaxed) }
    }

    /// What a life that nothing stops appends: 3 and 2 around a snapshot, 100 while the disk is full, 3 while the next
    /// snapshot is written, 2 and 2 around a last one.
    private static let wholeLifeCount: UInt64 = 112

    private struct Outcome {
        var appended: UInt64 = 0
        var acknowledged: UInt64 = 0
    }

    private static let options = TestStore.options(segmentByteCount: 4096, unsynchronizedByteCountMax: 2000)

    private static func append(_ store: DurableStore, _ outcome: inout Outcome) -> JournalPosition {
        outcome.appended += 1
        return store.journal.append(TestStore.record(outcome.appended))
    }

    private static func acknowledge(_ store: DurableStore, count: Int, _ outcome: inout Outcome) async throws {
        for _ in 0..<count {
            try await store.journal.waitUntilDurable(append(store, &outcome))
            outcome.acknowledged = outcome.appended
        }
    }

    /// Appends while the disk is full until records are omitted; returns when it works again.
    private static func overflow(_ store: DurableStore, _ disk: Disk, _ outcome: inout Outcome) async throws {
        let failureCount = store.journal.statistics.failureCount
        disk.setFull(true)
        for _ in 0..<100 { _ = append(store, &outcome) }
        // A write that began while the disk was full may not fail after the test has gone on.
        try await until { store.journal.statistics.failureCount > failureCount || disk.fileSystem.isStopped }
        let position = store.journal.lastPosition
        await #expect(throws: JournalError.unavailable) { try await store.journal.waitUntilDurable(position) }
        #expect(!store.journal.isAvailable)
        disk.setFull(false)
        try await until { store.journal.requiresSnapshot || disk.fileSystem.isStopped }
    }

    /// Writes the snapshot that covers all records so far; `during` runs after the state is captured.
    private static func heal(
        _ store: DurableStore,
        _ outcome: inout Outcome,
        during: (inout Outcome) -> Void = { _ in }
    ) async throws {
        let position = try #require(store.journal.beginResuming())
        #expect(position.sequenceNumber == outcome.appended)
        let count = outcome.appended
        during(&outcome)
        _ = try await store.writeSnapshot(resumingAfter: position, creationSeconds: 1_700_000_000) {
            writer throws(StorageError) in
            try writer.beginSection(7, position: position)
            for number in 1...count { try writer.write(TestStore.record(number)) }
        }
        outcome.acknowledged = count
    }

    @Test("a snapshot that covers them lets the journal go on, with what came while it was written")
    func heals() async throws {
        let disk = Disk()
        var outcome = Outcome()
        let store = try TestStore.open(disk.fileSystem, options: Self.options)
        #expect(store.journal.beginResuming() == nil)
        try await Self.acknowledge(store, count: 5, &outcome)
        try await Self.overflow(store, disk, &outcome)
        // A snapshot of the usual kind is refused: it may not contain more than the journal.
        let count = outcome.appended
        await #expect(throws: StorageError.journal(.unavailable)) {
            _ = try await TestStore.snapshot(store, count: count)
        }
        try await Self.heal(store, &outcome) { outcome in
            let position = Self.append(store, &outcome)
            #expect(position.sequenceNumber == count + 1)
            #expect(!store.journal.isAvailable)
        }
        try await until { store.journal.isAvailable }
        try await store.journal.waitUntilDurable(store.journal.lastPosition)
        #expect(store.journal.statistics.unsynchronizedByteCount == 0)
        try await Self.acknowledge(store, count: 5, &outcome)
        try await store.close()
        let again = try TestStore.open(disk.fileSystem.image(.powerLost(seed: 0)), options: Self.options)
        #expect(try TestStore.state(of: again).count == Int(outcome.appended))
        #expect(again.recovery.toleratedDamage.isEmpty)
        try await again.close()
    }

    @Test("records that are omitted while the snapshot is written need another one")
    func overflowsAgain() async throws {
        let disk = Disk()
        var outcome = Outcome()
        let store = try TestStore.open(disk.fileSystem, options: Self.options)
        try await Self.acknowledge(store, count: 2, &outcome)
        try await Self.overflow(store, disk, &outcome)
        await #expect(throws: StorageError.journal(.unavailable)) {
            try await Self.heal(store, &outcome) { outcome in
                for _ in 0..<100 { _ = Self.append(store, &outcome) }
            }
        }
        #expect(!store.journal.isAvailable)
        try await Self.heal(store, &outcome)
        try await until { store.journal.isAvailable }
        #expect(store.journal.statistics.unsynchronizedByteCount == 0)
        try await Self.acknowledge(store, count: 2, &outcome)
        try await store.close()
        #expect(try TestStore.state(of: TestStore.open(disk.fileSystem)).count == Int(outcome.appended))
    }

    @Test("an attempt that fails, because the disk is full again, is followed by one that succeeds")
    func failsOnce() async throws {
        let disk = Disk()
        var outcome = Outcome()
        let store = try TestStore.open(disk.fileSystem, options: Self.options)
        try await Self.overflow(store, disk, &outcome)
        await #expect(throws: StorageError.self) {
            try await Self.heal(store, &outcome) { outcome in
                _ = Self.append(store, &outcome)
                disk.setFull(true)
            }
        }
        disk.setFull(false)
        try await until { store.journal.requiresSnapshot }
        try await Self.heal(store, &outcome)
        try await until { store.journal.isAvailable }
        try await Self.acknowledge(store, count: 2, &outcome)
        try await store.close()
        #expect(try TestStore.state(of: TestStore.open(disk.fileSystem)).count == Int(outcome.appended))
    }

    @Test("a close in between loses nothing that was acknowledged")
    func closes() async throws {
        let disk = Disk()
        var outcome = Outcome()
        let store = try TestStore.open(disk.fileSystem, options: Self.options)
        try await Self.acknowledge(store, count: 5, &outcome)
        try await Self.overflow(store, disk, &outcome)
        _ = store.journal.beginResuming()
        _ = Self.append(store, &outcome)
        try? await store.close()
        #expect(store.journal.beginResuming() == nil)
        #expect(try TestStore.state(of: TestStore.open(disk.fileSystem)).count >= Int(outcome.acknowledged))
    }

    /// One life with an outage in its middle.
    private func live(on disk: Disk, policy: JournalPolicy) async -> Outcome {
        var outcome = Outcome()
        var options = Self.options
        options.journal.policy = policy
        do {
            let store = try TestStore.open(disk.fileSystem, options: options)
            do {
                try await Self.acknowledge(store, count: 3, &outcome)
                _ = try await TestStore.snapshot(store, count: outcome.appended)
                try await Self.acknowledge(store, count: 2, &outcome)
                try await Self.overflow(store, disk, &outcome)
                try await Self.heal(store, &outcome) { outcome in
                    for _ in 0..<3 { _ = Self.append(store, &outcome) }
                }
                try await until { store.journal.isAvailable || disk.fileSystem.isStopped }
                try await Self.acknowledge(store, count: 2, &outcome)
                _ = try await TestStore.snapshot(store, count: outcome.appended)
                try await Self.acknowledge(store, count: 2, &outcome)
            } catch {
                // The process has ended.
            }
            try? await store.close()  // On a disk that has stopped it cannot succeed.
        } catch {
            // It ended before the store was open.
        }
        return outcome
    }

    @Test("the process or the power stops at every operation: what was acknowledged is there", arguments: [0, 600])
    func stopsAtEveryOperation(bytesOfLastWrite: Int) async throws {
        var number = 0
        while true {
            number += 1
            let disk = Disk(stoppingAt: number, afterBytes: bytesOfLastWrite)
            let outcome = await live(on: disk, policy: .always)
            for crash in [ScriptedFileSystem.Crash.killed] + (0..<4).map({ .powerLost(seed: $0) }) {
                let image = disk.fileSystem.image(crash)
                let comment: Comment = "operation \(number), \(crash)"
                let store = try TestStore.open(image, options: Self.options)
                let state = try TestStore.state(of: store)
                #expect(UInt64(state.count) >= outcome.acknowledged, comment)
                #expect(UInt64(state.count) <= outcome.appended, comment)
                let next = UInt64(state.count) + 1
                try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(next)))
                try await store.close()
                let again = try TestStore.open(image.image(.powerLost(seed: 0)), options: Self.options)
                #expect(try TestStore.state(of: again).count == Int(next), comment)
                try await again.close()
            }
            guard disk.fileSystem.isStopped else {
                // The first life that is not stopped is a whole one: every smaller number was a stop of its own.
                #expect(outcome.appended == Self.wholeLifeCount && outcome.acknowledged == outcome.appended)
                break
            }
        }
    }

    @Test("with a policy that syncs seldom, too", arguments: [JournalPolicy.everySecond, .off])
    func seldomSynced(policy: JournalPolicy) async throws {
        for number in 1..<60 {
            let disk = Disk(stoppingAt: number)
            let outcome = await live(on: disk, policy: policy)
            // A killed process loses nothing that was acknowledged; a loss of power may.
            let store = try TestStore.open(disk.fileSystem.image(.killed), options: Self.options)
            let count = try TestStore.state(of: store).count
            #expect(UInt64(count) >= outcome.acknowledged && UInt64(count) <= outcome.appended, "operation \(number)")
            try await store.close()
        }
    }
}
