import Histogram

/// The result of one run of the load.
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
    /// Operations that were due and had not begun at the end.
    let unfinishedCount: Int
    /// Nanoseconds from when an operation was due to its last answer.
    let latencies: Histogram<UInt64>

    /// Operations in a second.
    var rate: Double { Double(operationCount) / seconds }

    /// Operations per second of the server's processor time: the rate of one dedicated core, steady even on a shared
    /// machine.
    var ratePerServerSecond: Double { Double(operationCount) / serverSeconds }

    /// The share of one core that the server used.
    var serverShare: Double { serverSeconds / seconds }
}
