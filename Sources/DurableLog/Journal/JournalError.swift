/// Why a change cannot be acknowledged.
package enum JournalError: Error, Equatable, Sendable {
    /// The disk does not take records now; the request is to be answered with 503 and may be repeated later.
    case unavailable
    /// The journal has been closed, because the process is going down.
    case closed
}
