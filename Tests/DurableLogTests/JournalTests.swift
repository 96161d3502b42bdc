import AuthorizationServerTesting
import DurableLog
import Foundation
import Synchronization
import Testing

/// A gate that a script waits at.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func open() { semaphore.signal() }
    func pass() { semaphore.wait() }
}

/// Lets others run until something has come true; the test's time limit ends the wait.
func until(_ condition: () -> Bool) async throws {
    while !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// A number that several tasks count up.
final class Counter: Sendable {
    private let value = Mutex(UInt64(0))

    /// Counts, and returns what the body makes of the new number while no other thread counts.
    func next<Value: Sendable>(_ body: (UInt64) -> Value) -> Value {
        value.withLock { value in
            value += 1
            return body(value)
        }
    }
}

@Suite("Journal", .timeLimit(.minutes(10)))
struct JournalTests {
    @Test("one sync serves everyone who waits")
    func groupCommit() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk, options: TestStore.options(segmentByteCount: 1 << 20))
        let gate = Gate()
        let syncs = Counter()
        disk.setScript { operation in
            // The sync of the first record takes as long as all the others need to gather.
            if operation.kind == .synchronize, syncs.next({ $0 }) == 1 { gate.pass() }
            return nil
        }
        let before = disk.operations.count { $0.kind == .synchronize }
        let journal = store.journal
        let first = journal.append(TestStore.record(1))
        // Task by hand: it must wait while the others append.
        let waiting = Task { try await journal.waitUntilDurable(first) }
        let positions = (2...101).map { journal.append(TestStore.record($0)) }
        gate.open()
        try await waiting.value
        try await withThrowingTaskGroup { group in
            for position in positions { group.addTask { try await journal.waitUntilDurable(position) } }
            try await group.waitForAll()
        }
        #expect(disk.operations.count { $0.kind == .synchronize } - before <= 3)
        try await store.close()
        #expect(try TestStore.state(of: TestStore.open(disk.image(.powerLost(seed: 0)))).count == 101)
    }

    @Test("many tasks append and wait; every answer holds after a power cut")
    func manyTasks() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk, options: TestStore.options(segmentByteCount: 4096))
        let counter = Counter()
        let journal = store.journal
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    for _ in 0..<10 {
                        // The owner of a state appends in the order in which it changes it.
                        let position = counter.next { journal.append(TestStore.record($0)) }
                        try await journal.waitUntilDurable(position)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(journal.lastPosition.sequenceNumber == 200)
        #expect(journal.statistics.recordCount == 200)
        #expect(journal.statistics.unsynchronizedByteCount == 0)
        #expect(try TestStore.state(of: TestStore.open(disk.image(.powerLost(seed: 0)))).count == 200)
        try await store.close()
    }

    @Test("while syncs fail nothing is acknowledged; when they work again everything is written to a fresh segment")
    func syncFails() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(1)))
        #expect(store.journal.isAvailable)
        disk.setScript { $0.kind == .synchronize ? .error(EIO) : nil }
        let second = store.journal.append(TestStore.record(2))
        await #expect(throws: JournalError.unavailable) { try await store.journal.waitUntilDurable(second) }
        #expect(!store.journal.isAvailable)
        // What is asked for while it fails is refused at once.
        let third = store.journal.append(TestStore.record(3))
        await #expect(throws: JournalError.unavailable) { try await store.journal.waitUntilDurable(third) }
        #expect(store.journal.statistics.failureCount > 0)
        disk.setScript { _ in nil }
        try await until { store.journal.isAvailable }
        try await store.journal.waitUntilDurable(third)
        #expect(try TestStore.state(of: TestStore.open(disk.image(.powerLost(seed: 0)))).count == 3)
        try await store.close()
    }

    @Test("a full disk refuses, and recovers when there is room", arguments: [false, true])
    func diskFull(writesPartly: Bool) async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        disk.setScript { operation in
            switch operation.kind {
            case .allocate: .error(ENOSPC)
            case .write: writesPartly ? .short(40) : nil
            default: nil
            }
        }
        var number: UInt64 = 0
        var failed: JournalError?
        while failed == nil, number < 100 {
            number += 1
            let position = store.journal.append(TestStore.record(number))
            do { try await store.journal.waitUntilDurable(position) } catch { failed = error }
        }
        #expect(failed == .unavailable)
        #expect(!store.journal.isAvailable)
        await #expect(throws: StorageError.self) { _ = try await TestStore.snapshot(store, count: number) }
        // Whatever was acknowledged is there although the disk is full.
        let crashed = try TestStore.open(disk.image(.powerLost(seed: 0)))
        #expect(try TestStore.state(of: crashed).count >= Int(number) - 1)
        disk.setScript { _ in nil }
        try await until { store.journal.isAvailable }
        try await store.journal.waitUntilDurable(store.journal.lastPosition)
        try await store.close()
        #expect(try TestStore.state(of: TestStore.open(disk)).count == Int(number))
    }

    @Test("attempts that fail leave no files behind")
    func failedAttemptsLeaveNothing() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        let before = disk.files.count
        disk.setScript { $0.kind == .synchronizeDirectory || $0.kind == .synchronize ? .error(EIO) : nil }
        let position = store.journal.append(TestStore.record(1))
        await #expect(throws: JournalError.unavailable) { try await store.journal.waitUntilDurable(position) }
        try await until { store.journal.statistics.failureCount >= 10 }
        // Syncs still fail: an attempt that is under way must not succeed.
        disk.setScript { $0.kind == .create || $0.kind == .synchronize ? .error(ENOSPC) : nil }
        let count = store.journal.statistics.failureCount
        try await until { store.journal.statistics.failureCount >= count + 2 }
        #expect(disk.files.count == before)
        disk.setScript { _ in nil }
        try await until { store.journal.isAvailable }
        try await store.close()
    }

    @Test("more unsynced bytes than may wait: not available until they are synced")
    func bound() async throws {
        let disk = ScriptedFileSystem()
        let options = TestStore.options(unsynchronizedByteCountMax: 1000)
        let store = try TestStore.open(disk, options: options)
        let gate = Gate()
        disk.setScript { operation in
            if operation.kind == .synchronize { gate.pass() }
            return nil
        }
        var number: UInt64 = 0
        while store.journal.isAvailable, number < 100 {
            number += 1
            _ = store.journal.append(TestStore.record(number))
        }
        #expect(!store.journal.isAvailable)
        #expect(store.journal.statistics.unsynchronizedByteCount <= 2000)
        disk.setScript { _ in nil }
        for _ in 0..<10 { gate.open() }
        try await store.journal.waitUntilDurable(store.journal.lastPosition)
        #expect(store.journal.isAvailable)
        try await store.close()
        #expect(try TestStore.state(of: TestStore.open(disk)).count == Int(number))
    }

    @Test("beyond twice the bound it acknowledges nothing, and what is on the disk stays a prefix")
    func overflow() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk, options: TestStore.options(unsynchronizedByteCountMax: 1000))
        disk.setScript { $0.kind == .synchronize ? .error(EIO) : nil }
        for number in 1...200 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        let last = store.journal.lastPosition
        #expect(last.sequenceNumber == 200)
        #expect(store.journal.statistics.unsynchronizedByteCount <= 2000)
        disk.setScript { _ in nil }
        await #expect(throws: JournalError.unavailable) { try await store.journal.waitUntilDurable(last) }
        #expect(!store.journal.isAvailable)
        await #expect(throws: StorageError.journal(.unavailable)) { _ = try await TestStore.snapshot(store, count: 1) }
        try? await store.close()
        #expect(try TestStore.state(of: TestStore.open(disk)).count < 200)
    }

    @Test("the bound counts what records cost in memory, however small they are")
    func smallRecords() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk, options: TestStore.options(unsynchronizedByteCountMax: 100_000))
        let gate = Gate()
        disk.setScript { operation in
            if operation.kind == .synchronize { gate.pass() }
            return nil
        }
        var count = 0
        while store.journal.isAvailable, count < 5000 {
            _ = store.journal.append([UInt8](repeating: 1, count: 17))
            count += 1
        }
        // 17 bytes each, and some 80 around them.
        #expect(count > 500 && count < 1500)
        disk.setScript { _ in nil }
        for _ in 0..<10 { gate.open() }
        try await store.close()
    }

    @Test("a closed journal refuses, and what it was given afterwards is not there")
    func closed() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        let first = store.journal.append(TestStore.record(1))
        try await store.close()
        #expect(!store.journal.isAvailable)
        let late = store.journal.append(TestStore.record(2))
        await #expect(throws: JournalError.closed) { try await store.journal.waitUntilDurable(late) }
        try await store.journal.waitUntilDurable(first)
        try await store.journal.close()
        #expect(try TestStore.state(of: TestStore.open(disk)).count == 1)
    }

    @Test("closing on a dead disk ends, and says that the last records are not safe")
    func closeOnDeadDisk() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        disk.setScript { _ in .stop(0) }
        _ = store.journal.append(TestStore.record(1))
        await #expect(throws: JournalError.unavailable) { try await store.close() }
        #expect(try TestStore.state(of: TestStore.open(disk.image(.powerLost(seed: 0)))).isEmpty)
    }

    @Test(
        "every-second and off answer after the write; flush and close sync",
        arguments: [JournalPolicy.everySecond, .off]
    )
    func seldomSync(policy: JournalPolicy) async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk, options: TestStore.options(policy: policy, segmentByteCount: 1 << 16))
        let before = disk.operations.count { $0.kind == .synchronize }
        for number in 1...20 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
        }
        // Far fewer than records: those of the clock, on a machine however slow.
        #expect(disk.operations.count { $0.kind == .synchronize } - before < 20)
        #expect(try TestStore.state(of: TestStore.open(disk.image(.killed))).count == 20)
        try await store.journal.flush()
        #expect(try TestStore.state(of: TestStore.open(disk.image(.powerLost(seed: 0)))).count == 20)
        _ = store.journal.append(TestStore.record(21))
        try await store.close()
        #expect(try TestStore.state(of: TestStore.open(disk.image(.powerLost(seed: 0)))).count == 21)
    }

    @Test("every-second syncs by itself")
    func everySecondSyncs() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk, options: TestStore.options(policy: .everySecond))
        let (syncs, continuation) = AsyncStream.makeStream(of: Void.self)
        disk.setScript { operation in
            if operation.kind == .synchronize { continuation.yield() }
            return nil
        }
        try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(1)))
        for await _ in syncs { break }
        try await until { store.journal.statistics.unsynchronizedByteCount == 0 }
        #expect(try TestStore.state(of: TestStore.open(disk.image(.powerLost(seed: 0)))).count == 1)
        try await store.close()
    }

    @Test("off syncs when many bytes wait, so that memory stays bounded")
    func offIsBounded() async throws {
        let disk = ScriptedFileSystem()
        let options = TestStore.options(policy: .off, segmentByteCount: 1 << 16, unsynchronizedByteCountMax: 4000)
        let store = try TestStore.open(disk, options: options)
        for number in 1...100 {
            try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(UInt64(number))))
            #expect(store.journal.statistics.unsynchronizedByteCount < 1400)
        }
        try await store.close()
    }

    @Test("a record larger than a segment gets a segment of its own size")
    func largeRecord() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        let large = [UInt8](repeating: 7, count: 100_000)
        try await store.journal.waitUntilDurable(store.journal.append(large))
        try await store.close()
        var replay = try TestStore.open(disk).replay()
        #expect(try replay.next() == .record(JournalPosition(sequenceNumber: 1), large))
        #expect(try replay.next() == nil)
    }

    @Test("empty records are records")
    func emptyRecord() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk)
        try await store.journal.waitUntilDurable(store.journal.append([]))
        try await store.close()
        var replay = try TestStore.open(disk).replay()
        #expect(try replay.next() == .record(JournalPosition(sequenceNumber: 1), []))
    }

    @Test("nothing is in clear, neither in the journal nor in a snapshot")
    func nothingInClear() async throws {
        let disk = ScriptedFileSystem()
        let store = try TestStore.open(disk, options: TestStore.options(segmentByteCount: 1 << 16))
        for number in 1...20 { _ = store.journal.append(TestStore.record(UInt64(number))) }
        try await store.journal.flush()
        _ = try await TestStore.snapshot(store, count: 20)
        let words = [Array("someone".utf8), Array("example".utf8), Array("record".utf8), Array("xxxxxxxx".utf8)]
        for file in disk.files {
            let bytes = try #require(disk[file])
            for word in words {
                let found = bytes.indices.contains { bytes[$0...].starts(with: word) }
                #expect(!found, "\(file)")
            }
        }
        try await store.close()
    }
}
