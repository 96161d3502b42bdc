/// Where the host stores the lines of the audit trail.
///
/// A sink never waits in ``write(_:)``, because it is called on event loops. A sink with a bound keeps the lines of
/// requests in progress beyond that bound and reports it; those requests then wait for space before they are answered.
package protocol AuditSink: Sendable {
    /// Takes a line including its newline.
    ///
    /// - Returns: False if the line is kept beyond the bound; true if it fits, or was dropped and counted.
    func write(_ line: [UInt8]) -> Bool

    /// Returns when the stored lines fit the bound again, or when the task is cancelled.
    func waitForRoom() async

    /// Whether another line would fit the bound; readiness reports the answer.
    var hasRoom: Bool { get }

    /// Lines that were dropped since the start, for metrics.
    var droppedCount: Int { get }
}

/// A sink without a bound, for servers embedded in tests and benchmarks.
package struct UnboundedAuditSink: AuditSink {
    private let take: @Sendable ([UInt8]) -> Void

    /// Passes each line to `take`, on the task that recorded it.
    package init(_ take: @escaping @Sendable ([UInt8]) -> Void) {
        self.take = take
    }

    package func write(_ line: [UInt8]) -> Bool {
        take(line)
        return true
    }

    package func waitForRoom() async {}
    package var hasRoom: Bool { true }
    package var droppedCount: Int { 0 }
}
