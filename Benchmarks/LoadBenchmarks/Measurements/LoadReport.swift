import BenchmarkSupport
import Foundation
import Histogram

/// The figures of one or several servers under load, as a table and as JSON.
struct LoadReport: Codable {
    /// One scenario.
    struct Row: Codable {
        var id: String
        var name: String
        /// Operations answered in a second.
        var perSecond: Double
        /// Operations per second of the server's processor time: the rate of a dedicated core.
        var perServerSecond: Double
        /// The share of one core that the server used.
        var serverShare: Double
        /// The limit in operations per second, and the shares of it.
        var limitName: String?
        var ofLimit: Double?
        var ofLimitPerServerSecond: Double?
        var p50Microseconds: Double
        var p90Microseconds: Double
        var p99Microseconds: Double
        var p999Microseconds: Double
        var p9999Microseconds: Double
        var longestMicroseconds: Double
        var p99OverP50: Double
        var residentBytes: Int
        /// Operations that were due and had not begun at the end (open loop).
        var unfinished: Int
    }

    /// A single figure.
    struct Fact: Codable {
        var id: String
        var name: String
        var value: Double
        var unit: String
    }

    var signatures: SignatureRate
    var rows: [Row] = []
    var facts: [Fact] = []

    init(signatures: SignatureRate) {
        self.signatures = signatures
    }

    /// A table.
    ///
    /// Quote its ratios, because absolute figures differ from machine to machine.
    var table: String {
        var table = TextTable([
            "scenario", "/s", "/server s", "core", "p50 µs", "p99", "p99.9", "p99.99", "longest", "p99/p50", "of limit",
            "/server s", "limit",
        ])
        for row in rows {
            table.add([
                row.id, Self.text(row.perSecond),
                Self.text(row.perServerSecond), Self.percent(row.serverShare), Self.text(row.p50Microseconds),
                Self.text(row.p99Microseconds), Self.text(row.p999Microseconds), Self.text(row.p9999Microseconds),
                Self.text(row.longestMicroseconds), Self.text(row.p99OverP50),
                row.ofLimit.map(Self.percent) ?? "–", row.ofLimitPerServerSecond.map(Self.percent) ?? "–",
                row.limitName ?? "–",
            ])
        }
        var facts = TextTable(["figure", "value", ""])
        for fact in self.facts { facts.add([fact.name, Self.text(fact.value), fact.unit]) }
        return """
            One core is used by the server, one by the load. ES256 signatures per second on the server's core: openssl speed \
            \(Int(signatures.opensslSpeed)), our binding \(Int(signatures.ownBinding)).

            \(table.text)
            \(self.facts.isEmpty ? "" : facts.text)
            """
    }

    /// The same as one JSON object.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + [10]
    }

    func row(_ id: String) -> Row? { rows.first { $0.id == id } }

    /// Adds another report's rows and facts, with a prefix to their ids.
    mutating func add(_ other: LoadReport, as prefix: String) {
        for var row in other.rows {
            row.id = prefix + "." + row.id
            rows.append(row)
        }
        for var fact in other.facts {
            fact.id = prefix + "." + fact.id
            fact.name += " [\(prefix)]"
            facts.append(fact)
        }
    }

    private static func text(_ value: Double) -> String {
        value >= 100 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
    }

    private static func percent(_ value: Double) -> String { "\(Int((value * 100).rounded())) %" }
}

extension LoadReport.Row {
    /// The result of a run, beside its limit in operations per second.
    init(_ id: String, _ name: String, _ outcome: Outcome, limit: (name: String, perSecond: Double)? = nil) {
        func microseconds(_ percentile: Double) -> Double {
            Double(outcome.latencies.valueAtPercentile(percentile)) / 1000
        }
        self.init(
            id: id,
            name: name,
            perSecond: outcome.rate,
            perServerSecond: outcome.ratePerServerSecond,
            serverShare: outcome.serverShare,
            limitName: limit?.name,
            ofLimit: limit.map { outcome.rate / $0.perSecond },
            ofLimitPerServerSecond: limit.map { outcome.ratePerServerSecond / $0.perSecond },
            p50Microseconds: microseconds(50),
            p90Microseconds: microseconds(90),
            p99Microseconds: microseconds(99),
            p999Microseconds: microseconds(99.9),
            p9999Microseconds: microseconds(99.99),
            longestMicroseconds: Double(outcome.latencies.maxRecorded) / 1000,
            p99OverP50: microseconds(99) / max(0.001, microseconds(50)),
            residentBytes: outcome.residentBytes,
            unfinished: outcome.unfinishedCount
        )
    }
}
