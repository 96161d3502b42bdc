import AuthorizationServerTesting
import DurableLog
import Foundation
import Synchronization
import Testing

/// The disk or the process stops at every single operation; whatever is found afterwards is a prefix of what was
/// appended, and has everything that was acknowledged.
@Suite("Crashes at every operation", .timeLimit(.minutes(10)))
struct CrashTests {
    /// What a run has appended, and what was acknowledged as durable.
    struct Outcome {
        var appended: UInt64
        var acknowledged: UInt64
        var error: (any Error)?
    }

    /// One life of a server: opens, appends, takes snapshots, closes, from whatever is on the disk.
    private func live(
        on fileSystem: ScriptedFileSystem,
        after: Outcome = Outcome(appended: 0, acknowledged: 0),
        policy: JournalPolicy = .always
    ) async -> Outcome {
        var outcome = after
        do {
            let store = try TestStore.open(fileSystem, options: TestStore.options(policy: policy))
            // What was found counts as acknowledged from here on: answers will build on it.
            var number = store.recovery.lastPosition.sequenceNumber
            outcome.appended = number
            do {
                for round in 0..<4 {
                    for size in [1, 3, 2] {
                        var position = JournalPosition.beginning
                        for _ in 0..<size {
                            number += 1
                            position = store.journal.append(TestStore.record(number))
                        }
                        outcome.appended = number
                        try await store.journal.waitUntilDurable(position)
                        outcome.acknowledged = number
                    }
                    if round != 2 { _ = try await TestStore.snapshot(store, count: number) }
                }
            } catch {
                outcome.error = error
            }
            do { try await store.close() } catch { outcome.error = error }
        } catch {
            outcome.error = error
        }
        return outcome
    }

    private func check(_ image: ScriptedFileSystem, _ outcome: Outcome, _ comment: Comment) async throws {
        let store: DurableStore
        do {
            store = try TestStore.open(image)
        } catch {
            Issue.record("\(comment): \(error)")
            return
        }
        let state = try TestStore.state(of: store)
        #expect(UInt64(state.count) >= outcome.acknowledged, comment)
        #expect(UInt64(state.count) <= outcome.appended, comment)
        // It goes on from there, and what it adds is found as well.
        let next = UInt64(state.count) + 1
        try await store.journal.waitUntilDurable(store.journal.append(TestStore.record(next)))
        try await store.close()
        let again = try TestStore.open(image.image(.powerLost(seed: 0)))
        #expect(try TestStore.state(of: again).count == Int(next), comment)
        try await again.close()
    }

    private static let crashes: [ScriptedFileSystem.Crash] =
        [.killed] + (0..<6).map { .powerLost(seed: $0) }

    @Test("the process or the power stops at every write, sync, rename and removal", arguments: [0, 5, 600])
    func stopsAtEveryOperation(bytesOfLastWrite: Int) async throws {
        var kinds: Set<ScriptedFileSystem.Kind> = []
        var number = 0
        while true {
            number += 1
            let disk = ScriptedFileSystem(script: ScriptedFileSystem.stop(at: number, afterBytes: bytesOfLastWrite))
            let outcome = await live(on: disk)
            kinds.formUnion(disk.operations.map(\.kind))
            for crash in Self.crashes {
                try await check(disk.image(crash), outcome, "operation \(number), \(crash)")
            }
            if !disk.isStopped { break }
        }
        #expect(number > 60)
        #expect(kinds == Set(ScriptedFileSystem.Kind.allCases))
    }

    @Test("a second life that begins on what a crash left is stopped at every operation too")
    func stopsAgain() async throws {
        for first in stride(from: 7, through: 91, by: 7) {
            let disk = ScriptedFileSystem(script: ScriptedFileSystem.stop(at: first, afterBytes: 70))
            let outcome = await live(on: disk)
            var random = SeededGenerator(seed: UInt64(first))
            for crash in [ScriptedFileSystem.Crash.killed, .powerLost(seed: UInt64(first))] {
                for second in [1, 2, 3, 4, 5, 6, 7, 8, Int(random.next() % 60) + 9] {
                    let image = disk.image(crash)
                    image.setScript(ScriptedFileSystem.stop(at: second, afterBytes: 70))
                    let next = await live(on: image, after: outcome)
                    for seed in 0..<4 {
                        try await check(
                            image.image(.powerLost(seed: UInt64(seed))),
                            next,
                            "operation \(first), \(crash), then \(second), \(seed)"
                        )
                    }
                }
            }
        }
    }

    @Test("one operation fails and the disk goes on: nothing acknowledged is lost, and the journal comes back")
    func failsAtEveryOperation() async throws {
        var number = 0
        while true {
            number += 1
            let disk = ScriptedFileSystem(script: ScriptedFileSystem.fail(at: number))
            let outcome = try await persist(on: disk)
            for crash in Self.crashes {
                try await check(disk.image(crash), outcome, "operation \(number), \(crash)")
            }
            if disk.operations.count < number { break }
        }
        #expect(number > 60)
    }

    /// Goes on through failures: repeats until the journal takes a record.
    private func persist(on disk: ScriptedFileSystem) async throws -> Outcome {
        var outcome = Outcome(appended: 0, acknowledged: 0)
        let store: DurableStore
        do { store = try TestStore.open(disk) } catch { store = try TestStore.open(disk) }
        var number: UInt64 = 0
        for round in 0..<20 {
            number += 1
            let position = store.journal.append(TestStore.record(number))
            outcome.appended = number
            while true {
                do {
                    try await store.journal.waitUntilDurable(position)
                    outcome.acknowledged = number
                    break
                } catch {
                    // A server answers 503 here. The test waits until the journal has recovered, and asks again.
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
            if round % 7 == 6 {
                do { _ = try await TestStore.snapshot(store, count: number) } catch {}
            }
        }
        #expect(store.journal.isAvailable)
        do { try await store.close() } catch {}
        return outcome
    }

    @Test(
        "a killed process loses nothing with the policies that sync seldom",
        arguments: [JournalPolicy.everySecond, .off]
    )
    func killedWithoutSync(policy: JournalPolicy) async throws {
        var number = 0
        while true {
            number += 3
            let disk = ScriptedFileSystem(script: ScriptedFileSystem.stop(at: number))
            let outcome = await live(on: disk, policy: policy)
            try await check(disk.image(.killed), outcome, "operation \(number)")
            // A power cut may take acknowledged records with it, but never leaves a hole.
            for seed in 0..<4 {
                var weaker = outcome
                weaker.acknowledged = 0
                try await check(disk.image(.powerLost(seed: UInt64(seed))), weaker, "operation \(number), \(seed)")
            }
            if !disk.isStopped { break }
        }
    }
}
