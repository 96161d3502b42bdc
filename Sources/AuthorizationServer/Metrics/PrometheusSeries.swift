import CoreMetrics
import Synchronization

/// A count that only grows.
final class PrometheusCounter: CounterHandler {
    private let count = Atomic<Int64>(0)

    /// The count so far.
    var value: Int64 { count.load(ordering: .relaxed) }

    func increment(by amount: Int64) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        set(0)
    }

    /// Replaces the count by a total that is counted elsewhere; in one step, because two scrapes may overlap.
    func set(_ total: Int64) {
        count.store(total, ordering: .relaxed)
    }
}

/// A value that goes up and down.
final class PrometheusGauge: RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    /// The last value.
    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func record(_ value: Int64) {
        record(Double(value))
    }

    func record(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }
}

/// A distribution in fixed buckets; durations in seconds.
final class PrometheusHistogram: TimerHandler, RecorderHandler {
    /// The values that a scrape reads.
    struct State {
        var counts = [UInt64](repeating: 0, count: PrometheusHistogram.bounds.count)
        var count: UInt64 = 0
        var sum: Double = 0

        /// Bounds with the number of values at or below each.
        var cumulative: [(bound: Double, count: UInt64)] {
            var running: UInt64 = 0
            return zip(PrometheusHistogram.bounds, counts).map { bound, count in
                running += count
                return (bound, running)
            }
        }
    }

    /// Upper bounds of the buckets in seconds: from the cost of a request to delays that a person notices.
    static let bounds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private let contents = Mutex(State())

    /// The distribution so far.
    var state: State { contents.withLock { $0 } }

    func recordNanoseconds(_ duration: Int64) {
        record(Double(duration) / 1e9)
    }

    func record(_ value: Int64) {
        record(Double(value))
    }

    func record(_ value: Double) {
        contents.withLock { state in
            if let bucket = Self.bounds.firstIndex(where: { value <= $0 }) {
                state.counts[bucket] += 1
            }
            state.count += 1
            state.sum += value
        }
    }
}
