import ArgumentParser
import BenchmarkSupport
import Foundation
import OpenSSLCrypto

/// The cost of tokens, in process: each operation beside the bare one of OpenSSL that limits it, measured together.
@main
struct TokenBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "TokenBenchmarks",
        abstract: "Measure issuing and validating tokens, and complete refresh requests, beside OpenSSL alone."
    )

    @Option(name: .long, help: "Seconds of processor time for each comparison.")
    var seconds = 2.0

    @Option(name: .long, help: "Connections of the refresh requests.")
    var connections = 64

    @Flag(name: .long, help: "Measure complete refresh requests only.")
    var refreshOnly = false

    @Flag(name: .long, help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        var report = Report()
        report.rows.append(try await refreshes(withProofs: false))
        if !refreshOnly {
            report.rows.append(try await refreshes(withProofs: true))
            report.rows.append(try await DelegationRequests.measure(seconds: seconds, connections: connections))
            report.rows.append(try await IdentityAssertionRequests.measure(seconds: seconds, connections: connections))
            for algorithm in [SignatureAlgorithm.es256, .edDSA, .rs256] {
                report.rows += try Self.comparisons(algorithm, seconds: seconds)
                report.parallel += try await Self.parallel(algorithm, seconds: seconds)
            }
        }
        FileHandle.standardOutput.write(Data((json ? report.json : report.table).utf8))
    }

    private func refreshes(withProofs: Bool) async throws -> Comparison {
        try await RefreshRequests.measure(seconds: seconds, connections: connections, withProofs: withProofs)
    }

    private static func comparisons(_ algorithm: SignatureAlgorithm, seconds: Double) throws -> [Comparison] {
        let operations = try TokenOperations(algorithm)
        let bare = operations.bare
        return [
            try Comparison.measure(
                "issue \(algorithm.rawValue)",
                seconds: seconds,
                batch: 200,
                ours: operations.issue,
                limit: bare.sign
            ),
            try Comparison.measure(
                "validate \(algorithm.rawValue), first sight",
                seconds: seconds,
                batch: 200,
                ours: operations.validate,
                limit: bare.verify
            ),
            try Comparison.measure(
                "validate \(algorithm.rawValue), seen before",
                seconds: seconds / 4,
                batch: 2000,
                ours: operations.validateSeen,
                limit: bare.verify
            ),
        ]
    }

    private static func parallel(_ algorithm: SignatureAlgorithm, seconds: Double) async throws -> [Report.Parallel] {
        let threads = ProcessInfo.processInfo.activeProcessorCount
        return [
            Report.Parallel(
                name: "\(algorithm.rawValue), \(threads) cores",
                issued: try await ParallelRate.measure(algorithm, threads: threads, seconds: seconds) {
                    try $0.issue()
                },
                signed: try await ParallelRate.measure(algorithm, threads: threads, seconds: seconds) {
                    $0.bare.sign()
                },
                validated: try await ParallelRate.measure(algorithm, threads: threads, seconds: seconds) {
                    try $0.validate()
                },
                verified: try await ParallelRate.measure(algorithm, threads: threads, seconds: seconds) {
                    $0.bare.verify()
                }
            )
        ]
    }
}
