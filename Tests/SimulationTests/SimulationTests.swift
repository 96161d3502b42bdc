import DurableLog
import Foundation
import OAuthState
import Testing

/// The model of the whole server: seeded random histories, with what must hold checked after each step.
@Suite("Simulation", .timeLimit(.minutes(60)))
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// How many schedules are played; `make simulate` asks for any number.
    private static let scheduleCount = environment["SIMULATE_SCHEDULES"].flatMap(Int.init) ?? 1000
    /// The seed of the first schedule, which the others follow; by default every run plays others.
    private static let firstSeed =
        environment["SIMULATE_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999_999_999)

    /// How often each is played: where threads race, a failure may need several attempts to occur again.
    private static let repeatCount = environment["SIMULATE_REPEATS"].flatMap(Int.init) ?? 1

    @Test("no schedule of clients, crashes, disk faults and provider faults breaks a rule")
    func schedules() async throws {
        let (count, first) = (Self.scheduleCount, Self.firstSeed)
        let clock = ContinuousClock()
        let start = clock.now
        try await Self.play(count, from: first) { $0 }
        print("\(count) schedules from seed \(first) in \(clock.now - start)")
    }

    @Test("a store that forgets the revocation of sessions is found")
    func forgottenRevocation() async throws {
        let found = await Self.firstBrokenRule(in: 400) { ForgetfulStorage($0, forgets: .sessionEndings) }
        #expect(found?.contains("has ended and is alive") ?? false, "\(found ?? "nothing was found")")
    }

    @Test("a store that accepts a code more than once is found")
    func repeatedCode() async throws {
        let found = await Self.firstBrokenRule(in: 400) { ForgetfulStorage($0, forgets: .usedCodes) }
        #expect(found?.contains("twice") ?? false, "\(found ?? "nothing was found")")
    }

    @Test("a store that forgets blocks is found")
    func forgottenBlock() async throws {
        let found = await Self.firstBrokenRule(in: 400) { ForgetfulStorage($0, forgets: .blocks) }
        #expect(found?.contains("block") ?? false, "\(found ?? "nothing was found")")
    }

    @Test("a seed repeats its steps, and the message of a failure names the seed and the steps")
    func repeats() async throws {
        let seed = try #require(await Self.firstBrokenSeed(in: 400) { ForgetfulStorage($0, forgets: .sessionEndings) })
        var messages: [String] = []
        for _ in 0..<10 where messages.isEmpty {
            messages += [await Self.message(of: seed) { ForgetfulStorage($0, forgets: .sessionEndings) }].compactMap(
                \.self
            )
        }
        let message = try #require(messages.first)
        #expect(message.contains("has ended and is alive"))
        #expect(message.contains("after these steps of seed \(seed):\n  1. client 0 registers"))
    }

    // MARK: - Playing

    /// Plays schedules, two at a time.
    private static func play(
        _ count: Int,
        from first: UInt64,
        spoil: @escaping SimulatedSite.Spoil
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<2 {
                group.addTask {
                    for number in stride(from: worker, to: count, by: 2) {
                        let seed = first &+ UInt64(number)
                        for _ in 0..<repeatCount {
                            guard let message = await message(of: seed, spoil: spoil) else { continue }
                            throw RuleBroken("\(message)\nrepeat it with: \(command(seed))")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func command(_ seed: UInt64) -> String {
        "make simulate SIMULATE_SEED=\(seed) SIMULATE_SCHEDULES=1 SIMULATE_REPEATS=50"
    }

    /// What a schedule found; `nil` for nothing.
    private static func message(of seed: UInt64, spoil: @escaping SimulatedSite.Spoil) async -> String? {
        var schedule = Schedule(seed: seed, spoil: spoil)
        do {
            try await schedule.play()
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func firstBrokenSeed(in count: UInt64, spoil: @escaping SimulatedSite.Spoil) async -> UInt64? {
        for seed in 1...count where await message(of: seed, spoil: spoil) != nil { return seed }
        return nil
    }

    private static func firstBrokenRule(in count: UInt64, spoil: @escaping SimulatedSite.Spoil) async -> String? {
        for seed in 1...count {
            if let message = await message(of: seed, spoil: spoil) { return message }
        }
        return nil
    }
}
