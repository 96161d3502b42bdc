import Glibc
import OpenSSLCrypto
import Synchronization

/// The rate of all cores together in wall-clock time, each core with a thread of its own.
enum ParallelRate {
    static func measure(
        _ algorithm: SignatureAlgorithm,
        threads: Int,
        seconds: Double,
        _ operation: @escaping @Sendable (TokenOperations) throws -> Void
    ) async throws -> Double {
        let rates = try await withThrowingTaskGroup(of: Double.self) { group in
            for _ in 0..<threads {
                group.addTask {
                    let operations = try TokenOperations(algorithm)
                    let clock = ContinuousClock()
                    let start = clock.now
                    var count = 0
                    while clock.now - start < .seconds(seconds) {
                        for _ in 0..<50 { try operation(operations) }
                        count += 50
                    }
                    return Double(count) / ((clock.now - start) / .seconds(1))
                }
            }
            return try await group.reduce(into: [Double]()) { $0.append($1) }
        }
        return rates.reduce(0, +)
    }
}
