import BenchmarkSupport
import DurableLog
import Logging
import OAuthProtocol
import OAuthState

/// Simultaneous refreshes of many sessions through the actor that owns them, each answered when it is durable.
enum RefreshRate {
    /// One policy's figures.
    struct Result {
        let policy: String
        let refreshesPerSecond: Double
        let synchronizationsPerSecond: Double
        let inFlight: Int
        let latencies: Latencies

        func add(to report: inout Report) {
            let path = "refresh_\(policy)"
            report.add(
                path + "/refreshes_per_second",
                "durable refreshes, journal \(policy), \(inFlight) in flight",
                refreshesPerSecond,
                "/s"
            )
            report.add(path + "/syncs_per_second", "  with syncs", synchronizationsPerSecond, "/s")
            report.add(path + "/p50_us", "  half of them within", Double(latencies.quantile(0.5)), "µs")
            report.add(path + "/p99_us", "  99 % within", Double(latencies.quantile(0.99)), "µs")
        }
    }

    static func measure(policy: String, in directory: String, seconds: Int, inFlight: Int) async throws -> Result {
        guard let journalPolicy = JournalPolicy(rawValue: policy) else { throw BenchmarkError("no policy \(policy)") }
        let store = try DurableStore.open(
            directory: directory,
            key: .besideData,
            options: StorageOptions(journal: JournalOptions(policy: journalPolicy)),
            logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        )
        let journal = store.journal
        let sessions = AuthorizationSessions(policy: SessionPolicy(), journal: journal)
        let now = Population.now
        await sessions.load((0..<inFlight).map { Population.session($0) })
        let start = ContinuousClock.now
        let before = journal.statistics.synchronizationCount
        let latencies = try await withThrowingTaskGroup(of: [UInt32].self) { group in
            for index in 0..<inFlight {
                group.addTask {
                    var samples: [UInt32] = []
                    var generation: UInt32 = 1
                    let family = Population.sessionID(index)
                    while ContinuousClock.now < start + .seconds(seconds) {
                        let sent = ContinuousClock.now
                        let use = RefreshTokenUse(
                            family: family,
                            generation: generation,
                            clientID: Population.clientID,
                            rotates: true
                        )
                        let receipt = try await sessions.rotate(use, under: Population.conditions, now: now)
                        guard case .rotated(let session) = try await receipt.outcome else {
                            throw BenchmarkError("a refresh was refused")
                        }
                        generation = session.generation
                        samples.append(Latencies.microseconds(since: sent))
                    }
                    return samples
                }
            }
            return try await group.reduce(into: Latencies()) { $0.add($1) }
        }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        let synchronizations = journal.statistics.synchronizationCount - before
        try await store.close()
        return Result(
            policy: policy,
            refreshesPerSecond: Double(latencies.count) / elapsed,
            synchronizationsPerSecond: Double(synchronizations) / elapsed,
            inFlight: inFlight,
            latencies: latencies
        )
    }
}
