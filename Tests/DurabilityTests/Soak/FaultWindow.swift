import Synchronization

/// The time in which disk or provider fail, and requests may be answered that they do.
final class FaultWindow: Sendable {
    private let state = Mutex((isOpen: false, hasOpened: false))

    /// Whether something fails now.
    var isOpen: Bool { state.withLock { $0.isOpen } }
    /// Whether something has ever failed.
    var hasOpened: Bool { state.withLock { $0.hasOpened } }

    func open() { state.withLock { $0 = (true, true) } }
    func close() { state.withLock { $0.isOpen = false } }

    /// Whether an answer names the trouble, so that no client takes it for a session that is over.
    static func saysSo(_ violation: Violation) -> Bool {
        [
            "answered 503", "answered with 503", "after status 503", "temporarily_unavailable", "server_error",
            // A login that is interrupted ends on a page of the server or of the browser's.
            "no code: [:]",
            // Of a proxy whose node is gone.
            "answered 502", "answered with 502", "after status 502",
        ]
        .contains { violation.description.contains($0) }
    }
}
