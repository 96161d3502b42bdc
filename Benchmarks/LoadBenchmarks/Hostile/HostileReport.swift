import BenchmarkSupport
import Foundation

/// The figures of hostile load, as a table and as JSON.
struct HostileReport: Codable {
    /// One kind of legitimate operation, without and with the attack.
    struct Latency: Codable {
        var id: String
        var unloadedP99Microseconds: Double
        var loadedP99Microseconds: Double
        var ratio: Double
    }

    /// One attack.
    struct Row: Codable {
        var id: String
        var name: String
        /// Hostile requests that were answered, and the connections at once.
        var answers: [String: Int]
        var connections: Int
        /// Legitimate operations during the attack.
        var operations: Int
        var latencies: [Latency]
        /// The largest of the ratios.
        var p99Ratio: Double
        var failures: Int
        var failureExamples: [String]
        var peakResidentBytes: Int
        var residentBytesMax: Int
        /// The share of one core that the server used during the attack.
        var serverShare: Double
    }

    var rows: [Row] = []
    /// The machine's own part in the latencies.
    var stallShare: Double
    var stallLongestMilliseconds: Double

    /// What must not be in a report: failures, and memory over its bound.
    var violations: [String] {
        rows.flatMap { row -> [String] in
            var violations: [String] = []
            if row.failures > 0 { violations.append("\(row.id): \(row.failures) failures: \(row.failureExamples)") }
            if row.peakResidentBytes > row.residentBytesMax {
                violations.append("\(row.id): \(row.peakResidentBytes) bytes, at most \(row.residentBytesMax)")
            }
            if row.operations == 0 { violations.append("\(row.id): no legitimate operation") }
            if row.connections == 0 { violations.append("\(row.id): no hostile connection") }
            return violations
        }
    }

    var table: String {
        let kinds = LegitimateLoad.Kind.allCases.map { "\($0.rawValue) p99 µs" }
        var table = TextTable(
            ["attack"] + kinds + ["worst ratio", "failures", "operations", "peak MB", "cap", "core", "answers"]
        )
        for row in rows {
            let latencies = row.latencies.map {
                "\(Int($0.unloadedP99Microseconds)) → \(Int($0.loadedP99Microseconds))"
            }
            let answers = row.answers.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
            table.add(
                [row.id] + latencies + [
                    "\((row.p99Ratio * 100).rounded() / 100)", "\(row.failures)", "\(row.operations)",
                    "\(row.peakResidentBytes >> 20)", "\(row.residentBytesMax >> 20)",
                    "\(Int(row.serverShare * 100)) %",
                    ([row.connections > 0 ? "\(row.connections) connections" : ""] + answers)
                        .joined(separator: ", "),
                ]
            )
        }
        return """
            The 99th percentile of legitimate operations, in turns without and with the attack. The server's core \
            stalled for \((stallShare * 1000).rounded() / 10) % of the time, at most \(Int(stallLongestMilliseconds)) ms.

            \(table.text)
            """
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + [10]
    }
}
