import BenchmarkSupport
import Foundation

/// Our rates on PostgreSQL beside pgbench's, as a table and as JSON; each figure is the median of the turns'.
struct DatabaseReport: Codable {
    /// One scenario.
    struct Row: Codable {
        var id: String
        var perSecond: Double
        var pgbenchPerSecond: Double
        /// Our rate over pgbench's of the same turn.
        var ratio: Double
    }

    /// A turn of ours and one of pgbench, right after each other.
    struct Turn {
        var rate: Double
        var limit: Double
    }

    var rows: [Row] = []

    mutating func add(_ id: String, _ turns: [Turn]) {
        rows.append(
            Row(
                id: id,
                perSecond: Self.median(turns.map(\.rate)),
                pgbenchPerSecond: Self.median(turns.map(\.limit)),
                ratio: Self.median(turns.map { $0.rate / $0.limit })
            )
        )
    }

    var table: String {
        var table = TextTable(["scenario", "/s", "pgbench /s", "of pgbench"])
        for row in rows {
            table.add([
                row.id, "\(Int(row.perSecond))", "\(Int(row.pgbenchPerSecond))",
                "\((row.ratio * 100).rounded() / 100)",
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

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }
}
