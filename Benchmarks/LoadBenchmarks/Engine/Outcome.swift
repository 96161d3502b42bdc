import Histogram

/// What came of one run of the load.
struct Outcome {
    /// Operations that were answered, each of one or several requests.
    let operationCount: Int
    let requestCount: Int
    /// How long it was measured.
    let seconds: Double
    /// Processor time of the server in that time.
    let serverSeconds: Double
    /// The server's memory at the end.
    let residentBytes: Int
    /// Operations that were due and had not begun when the time was over.
    let unfinishedCount: Int
    /// Nanoseconds from when an operation was due to its last answer.
    let latencies: Histogram<UInt64>

    /// Operations in a second.
    var rate: Double { Double(operationCount) / seconds }

    /// Operations in a second of the server's processor time: what one core would do if it did nothing else, and steady on
    /// a machine that others use too.
    var ratePerServerSecond: Double { Double(operationCount) / serverSeconds }

    /// How much of one core the server had.
    var serverShare: Double { serverSeconds / seconds }
}
