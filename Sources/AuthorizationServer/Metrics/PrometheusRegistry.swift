package import CoreMetrics
import Synchronization

/// Metrics in memory, written out in the Prometheus text format (version 0.0.4).
///
/// A separate factory instead of the process-wide one: several servers can run in one process, each with its own
/// numbers.
package final class PrometheusRegistry: MetricsFactory {
    private struct Key: Hashable {
        let label: String
        /// Names and values, alternating.
        let dimensions: [String]

        init(_ label: String, _ dimensions: [(String, String)]) {
            self.label = label
            self.dimensions = dimensions.flatMap { [$0.0, $0.1] }
        }

        /// Each dimension as the text format writes it.
        var labels: [String] {
            stride(from: 0, to: dimensions.count, by: 2).map { index in
                "\(dimensions[index])=\"\(PrometheusRegistry.escaped(dimensions[index + 1]))\""
            }
        }
    }

    fileprivate enum Series: Sendable {
        case counter(PrometheusCounter)
        case gauge(PrometheusGauge)
        case histogram(PrometheusHistogram)
    }

    private let series = Mutex<[Key: Series]>([:])

    /// An empty registry.
    package init() {}

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let made = find(label, dimensions) { .counter(PrometheusCounter()) }
        guard case .counter(let counter) = made else { return PrometheusCounter() }
        return counter
    }

    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        let made = find(label, dimensions) { aggregate ? .histogram(PrometheusHistogram()) : .gauge(PrometheusGauge()) }
        switch made {
        case .gauge(let gauge): return gauge
        case .histogram(let histogram): return histogram
        case .counter: return PrometheusGauge()
        }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let made = find(label, dimensions) { .histogram(PrometheusHistogram()) }
        guard case .histogram(let histogram) = made else { return PrometheusHistogram() }
        return histogram
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func find(_ label: String, _ dimensions: [(String, String)], make: () -> Series) -> Series {
        let key = Key(label, dimensions)
        return series.withLock { series in
            if let known = series[key] {
                return known
            }
            let made = make()
            series[key] = made
            return made
        }
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        return value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// Every series in the text format, sorted, so that two scrapes compare.
    package func text() -> String {
        let all = series.withLock { $0 }
        var output = ""
        let byLabel = Dictionary(grouping: all, by: \.key.label)
        for (label, entries) in byLabel.sorted(by: { $0.key < $1.key }) {
            guard let first = entries.first else { continue }
            output += "# TYPE \(label) \(first.value.typeName)\n"
            let labelled = entries.map { ($0.key.labels, $0.value) }
            for (labels, series) in labelled.sorted(by: { $0.0.lexicographicallyPrecedes($1.0) }) {
                series.write(label, labels, to: &output)
            }
        }
        return output
    }
}

extension PrometheusRegistry.Series {
    fileprivate var typeName: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    fileprivate func write(_ label: String, _ dimensions: [String], to output: inout String) {
        switch self {
        case .counter(let counter):
            output += "\(label)\(Self.labels(dimensions)) \(counter.value)\n"
        case .gauge(let gauge):
            output += "\(label)\(Self.labels(dimensions)) \(gauge.value)\n"
        case .histogram(let histogram):
            let state = histogram.state
            for (bound, count) in state.cumulative {
                output += "\(label)_bucket\(Self.labels(dimensions + ["le=\"\(bound)\""])) \(count)\n"
            }
            output += "\(label)_bucket\(Self.labels(dimensions + ["le=\"+Inf\""])) \(state.count)\n"
            output += "\(label)_sum\(Self.labels(dimensions)) \(state.sum)\n"
            output += "\(label)_count\(Self.labels(dimensions)) \(state.count)\n"
        }
    }

    private static func labels(_ dimensions: [String]) -> String {
        dimensions.isEmpty ? "" : "{\(dimensions.joined(separator: ","))}"
    }
}
