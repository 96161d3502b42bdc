import Foundation
import Testing

extension DurabilityTests {
    /// ST-2: what must hold at every kill point.
    @Suite("A killed server")
    struct CrashTests {
        private static let environment = ProcessInfo.processInfo.environment
        /// How often the server is killed; `CRASH_KILLS` in the environment asks for more.
        private static let killCount = environment["CRASH_KILLS"].flatMap(Int.init) ?? 54
        /// Where the random choices start from; `CRASH_SEED` repeats a run's choices.
        private static let seed = environment["CRASH_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999_999)
        private static let playerCount = 4

        @Test("loses nothing that it had answered, whenever SIGKILL comes")
        func kills() async throws {
            try await StorageDeployment.run(snapshotInterval: "1s") { deployment in
                do {
                    try await Self.run(deployment)
                } catch {
                    throw Violation("seed \(Self.seed): \(error)")
                }
            }
        }

        private static func run(_ deployment: StorageDeployment) async throws {
            var random = SeededGenerator(seed: seed)
            var players = (0..<playerCount).map { Player(number: $0, deployment: deployment, seed: seed) }
            var keys: [String: String] = [:]
            for life in 1...killCount {
                let process = try deployment.start()
                if Int.random(in: 0..<9, using: &random) == 0 {
                    // Some die while they recover.
                    try await Task.sleep(for: .milliseconds(Int.random(in: 30...250, using: &random)))
                    await process.kill()
                    continue
                }
                _ = try await process.ready()
                do {
                    keys = try await verify(&players, life: life, keys: keys, deployment)
                } catch {
                    let outcome = await process.kill()
                    throw Violation("\(error)\nthe server said:\n\(outcome.errors)")
                }
                let span = Duration.milliseconds(Int.random(in: 20...350, using: &random))
                try await play(&players, for: span, process)
            }
            let process = try await deployment.served()
            _ = try await verify(&players, life: killCount + 1, keys: keys, deployment)
            #expect(await process.stop().status == 0)
            try check(players, deployment)
        }

        /// Lets the players play until the server is killed.
        private static func play(
            _ players: inout [Player],
            for span: Duration,
            _ process: GatehouseProcess
        ) async throws {
            players = try await withThrowingTaskGroup(of: Player?.self) { group in
                for player in players {
                    group.addTask {
                        var player = player
                        try await player.play()
                        return player
                    }
                }
                group.addTask {
                    // The moment is the test's subject: nothing waits for it.
                    try await Task.sleep(for: span)
                    await process.kill()
                    return nil
                }
                var played: [Player] = []
                do {
                    for try await player in group {
                        if let player { played.append(player) }
                    }
                } catch {
                    let outcome = await process.kill()
                    throw Violation("\(error)\nthe server said:\n\(outcome.errors)")
                }
                return played.sorted { $0.number < $1.number }
            }
        }

        private static func verify(
            _ players: inout [Player],
            life: Int,
            keys: [String: String],
            _ deployment: StorageDeployment
        ) async throws -> [String: String] {
            let published = try await deployment.publishedKeys()
            for (id, key) in keys where published[id] != key {
                throw Violation("life \(life): the signing key \(id) is no longer published")
            }
            players = try await withThrowingTaskGroup(of: Player.self) { group in
                for player in players {
                    group.addTask {
                        var player = player
                        try await player.verify(life: life)
                        return player
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.number < $1.number }
            }
            return published
        }

        /// The run meant something, and the disk shows nothing of it.
        private static func check(_ players: [Player], _ deployment: StorageDeployment) throws {
            let counts = players.reduce(into: [String: Int]()) { $0.merge($1.counts, uniquingKeysWith: +) }
            for kind in [
                "register", "redeem", "refresh", "repeat", "reuse", "replay", "exchange", "assertion", "workload",
                "identity", "proof",
            ] {
                #expect(counts[kind, default: 0] > 0, "no \(kind) was answered in the whole run")
            }
            #expect(counts["refresh", default: 0] > killCount)
            print("seed \(seed), \(killCount) kills:", counts.sorted { $0.key < $1.key })
            let files = try StorageSearch(deployment.directory)
            #expect(try files.occurrences(of: players.flatMap(\.secrets)) == [])
        }
    }
}
