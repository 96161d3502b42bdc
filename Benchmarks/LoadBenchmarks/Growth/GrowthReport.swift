import BenchmarkSupport
import Foundation

/// The rate and the latency of refreshes against the size of one thing, as a table and as JSON.
struct GrowthReport: Codable {
    struct Point: Codable {
        var count: Int
        var perSecond: Double
        var p99Microseconds: Double
    }

    struct Row: Codable {
        var id: String
        var points: [Point]
        /// The rate at the largest size over that at the first.
        var rateRatio: Double
        /// The same of the 99th percentile.
        var p99Ratio: Double
        /// The share of the rate that each tenfold costs, from a line through all points.
        var lossPerTenfold: Double

        init(_ axis: GrowthAxis, _ points: [Point]) {
            id = axis.rawValue
            self.points = points
            let (first, last) = (points.first, points.last)
            rateRatio = (last?.perSecond ?? 0) / max(1, first?.perSecond ?? 1)
            p99Ratio = (last?.p99Microseconds ?? 0) / max(1, first?.p99Microseconds ?? 1)
            lossPerTenfold = -Self.slope(points) / max(1, first?.perSecond ?? 1)
        }

        /// Least squares: operations per second that each power of ten adds.
        private static func slope(_ points: [Point]) -> Double {
            let pairs = points.map { (log10(Double($0.count)), $0.perSecond) }
            let count = Double(pairs.count)
            let (meanX, meanY) = (pairs.map(\.0).reduce(0, +) / count, pairs.map(\.1).reduce(0, +) / count)
            let spread = pairs.map { ($0.0 - meanX) * ($0.0 - meanX) }.reduce(0, +)
            return spread == 0 ? 0 : pairs.map { ($0.0 - meanX) * ($0.1 - meanY) }.reduce(0, +) / spread
        }

        /// The slope in words.
        var words: String {
            let percent = (lossPerTenfold * 1000).rounded() / 10
            return percent < 1 ? "does not grow" : "each tenfold costs \(percent) % of the rate"
        }
    }

    var rows: [Row] = []

    var table: String {
        var table = TextTable(["refreshes", "count", "/s", "p99 µs", ""])
        for row in rows {
            for (index, point) in row.points.enumerated() {
                table.add([
                    index == 0 ? row.id : "", "\(point.count)", "\(Int(point.perSecond))",
                    "\(Int(point.p99Microseconds))", index == row.points.count - 1 ? row.words : "",
                ])
            }
        }
        return table.text
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + [10]
    }
}
