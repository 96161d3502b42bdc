import PostgreSQLTesting
import Testing

/// TK-16: what must hold when the database fails over to its standby.
@Suite("Two nodes whose database fails over", .serialized, .timeLimit(.minutes(15)))
struct PromotionTests {
    @Test("lose nothing that was answered when a synchronous standby is promoted in mid-load, and need no restart")
    func promotion() async throws {
        let seed = UInt64.random(in: 0...9_999_999)
        let cluster = try await PostgreSQLCluster(isDurable: true)
        let standby = try await cluster.order("standby")
        do {
            try await TwoNodeDeployment.run(on: cluster, database: cluster.address(standby: standby)) { nodes in
                var storm = Storm(nodes, seed: seed)
                try await storm.play(until: ["redeem", "refresh"], exceed: [:])
                // The moment is the test's subject: nothing waits for it.
                try await storm.play {
                    try await Task.sleep(for: .milliseconds(300))
                    try await cluster.order("kill")
                    try await cluster.order("promote")
                    try await Task.sleep(for: .milliseconds(500))
                }
                let before = storm.counts
                try await storm.verify()
                try await storm.play(until: ["refresh"], exceed: before)
                print("promotion: seed \(seed):", storm.counts.sorted { $0.key < $1.key })
            }
        } catch {
            throw Violation("seed \(seed): \(error)")
        }
    }
}
