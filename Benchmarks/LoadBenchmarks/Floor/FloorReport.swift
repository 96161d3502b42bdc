import BenchmarkSupport
import Foundation

/// Our rates and latencies beside those of the floor servers, as a table and as JSON.
struct FloorReport: Codable {
    /// One scenario; each ratio is the median of the turns'.
    struct Row: Codable {
        var id: String
        var perSecond: Double
        var floorPerSecond: Double
        /// Our rate over the floor's.
        var rateRatio: Double
        /// At 70 % of each server's own highest rate, in an open loop: ours over the floor's.
        var p99Microseconds: Double
        var floorP99Microseconds: Double
        var p99Ratio: Double
        var p999Microseconds: Double
        var floorP999Microseconds: Double
        var p999Ratio: Double
    }

    var rows: [Row] = []

    var table: String {
        var table = TextTable([
            "scenario", "/s", "floor /s", "of the floor", "p99 µs at 70 %", "floor", "ratio", "p99.9 µs", "floor",
            "ratio",
        ])
        for row in rows {
            table.add([
                row.id, "\(Int(row.perSecond))", "\(Int(row.floorPerSecond))", Self.text(row.rateRatio),
                "\(Int(row.p99Microseconds))", "\(Int(row.floorP99Microseconds))", Self.text(row.p99Ratio),
                "\(Int(row.p999Microseconds))", "\(Int(row.floorP999Microseconds))", Self.text(row.p999Ratio),
            ])
        }
        return table.text
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + [10]
    }

    private static func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
