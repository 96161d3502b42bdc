import Foundation

/// A plot of one axis as SVG: rate and 99th percentile, each over its first value, against the size in powers of ten.
struct GrowthPlot {
    let row: GrowthReport.Row

    private static let size = (width: 480.0, height: 240.0)
    private static let margin = 48.0

    /// The picture; it follows the reader's colours.
    var svg: String {
        let rates = curve { $0.perSecond }
        let latencies = curve { $0.p99Microseconds }
        let top = max(2, (rates + latencies).map(\.value).max() ?? 2)
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.size.width)) \(Int(Self.size.height))" \
            role="img" aria-label="Refreshes against \(row.id): \(row.words)">
            <style>text{font:12px sans-serif;fill:#777}line{stroke:#999}polyline{fill:none;stroke-width:2}</style>
            \(frame(top))
            <polyline stroke="#2a6fbb" points="\(points(rates, top))"/>
            <polyline stroke="#c0562f" stroke-dasharray="5 4" points="\(points(latencies, top))"/>
            <text x="\(Self.margin)" y="16">rate (line) and p99 (dashes) over their first value</text>
            <text x="\(Self.size.width / 2)" y="\(Self.size.height - 8)" text-anchor="middle">\(row.id)</text>
            </svg>

            """
    }

    private func curve(_ value: (GrowthReport.Point) -> Double) -> [(exponent: Double, value: Double)] {
        let first = max(1e-9, row.points.first.map(value) ?? 1)
        return row.points.map { (log10(Double($0.count)), value($0) / first) }
    }

    private func points(_ curve: [(exponent: Double, value: Double)], _ top: Double) -> String {
        curve.map { Self.text(x($0.exponent)) + "," + Self.text(y($0.value, top)) }.joined(separator: " ")
    }

    private func frame(_ top: Double) -> String {
        let exponents = row.points.map { log10(Double($0.count)) }
        let labels = zip(row.points, exponents).map { point, exponent in
            let (left, height) = (Self.text(x(exponent)), Self.size.height - Self.margin + 16)
            return "<text x=\"\(left)\" y=\"\(height)\" text-anchor=\"middle\">\(point.count)</text>"
        }
        let lines = [0, 1, top].map { value in
            let height = Self.text(y(value, top))
            return "<line x1=\"\(Self.margin)\" x2=\"\(Self.size.width - 16)\" y1=\"\(height)\" y2=\"\(height)\"/>"
                + "<text x=\"\(Self.margin - 6)\" y=\"\(height)\" text-anchor=\"end\">\(Self.text(value))</text>"
        }
        return (lines + labels).joined(separator: "\n")
    }

    private func x(_ exponent: Double) -> Double {
        let exponents = row.points.map { log10(Double($0.count)) }
        let (low, high) = (exponents.first ?? 0, exponents.last ?? 1)
        let width = Self.size.width - Self.margin - 32
        return Self.margin + 8 + (exponent - low) / max(1e-9, high - low) * width
    }

    private func y(_ value: Double, _ top: Double) -> Double {
        let height = Self.size.height - Self.margin - 28
        return Self.size.height - Self.margin - value / top * height
    }

    private static func text(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
