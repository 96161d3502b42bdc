import Foundation
import Testing

/// ST-2, TK-16: what must hold while two nodes and their database are killed.
@Suite("Two nodes in a storm", .serialized, .timeLimit(.minutes(60)))
struct StormTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// How often something is killed; `make storm` asks for more.
    private static let killCount = environment["STORM_KILLS"].flatMap(Int.init) ?? 5
    /// Where the random choices start from; `STORM_SEED` repeats a run's choices.
    private static let seed = environment["STORM_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999_999)

    @Test("lose nothing that was answered, and accept nothing again that was used, whatever is killed")
    func kills() async throws {
        do {
            try await TwoNodeDeployment.run { nodes in
                var storm = Storm(nodes, seed: Self.seed)
                let keys = try await nodes.deployment.publishedKeys()
                for _ in 0..<Self.killCount { try await storm.strike() }
                let published = try await nodes.deployment.publishedKeys()
                #expect(keys.allSatisfy { published[$0.key] == $0.value })
                try await storm.play(
                    until: ["register", "redeem", "refresh", "assertion", "workload"],
                    exceed: [:]
                )
                #expect(storm.counts["verified lives", default: 0] > 0)
                print("storm: seed \(Self.seed), \(Self.killCount) kills:", storm.counts.sorted { $0.key < $1.key })
            }
        } catch {
            throw Violation("seed \(Self.seed): \(error)")
        }
    }
}
