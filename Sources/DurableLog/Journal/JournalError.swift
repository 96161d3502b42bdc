/// Why a change cannot be acknowledged.
package enum JournalError: Error, Equatable, Sendable {
    /// The disk currently takes no records; the request must be answered with 503 and may be repeated later.
    case unavailable
    /// The journal has been closed, because the process is shutting down.
    case closed
}
