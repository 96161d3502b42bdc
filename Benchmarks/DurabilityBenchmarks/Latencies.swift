/// Latencies in microseconds, all of them stored: the longest pause must not disappear in a bucket.
struct Latencies {
    private var samples: [UInt32] = []

    var count: Int { samples.count }

    mutating func add(_ more: [UInt32]) {
        samples += more
    }

    /// The latency that this share of the requests did not exceed; 1 is the longest.
    func quantile(_ share: Double) -> Int {
        guard !samples.isEmpty else { return 0 }
        let sorted = samples.sorted()
        return Int(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
    }

    static func microseconds(since start: ContinuousClock.Instant) -> UInt32 {
        UInt32(clamping: Int64((ContinuousClock.now - start) / .microseconds(1)))
    }
}
