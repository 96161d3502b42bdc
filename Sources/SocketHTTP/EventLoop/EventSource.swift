/// The events that epoll watches for and reports.
struct Readiness: OptionSet {
    let rawValue: UInt32

    static let readable = Readiness(rawValue: 0x1)
    static let writable = Readiness(rawValue: 0x4)
    static let failed = Readiness(rawValue: 0x8)
    static let hungUp = Readiness(rawValue: 0x10)
    /// The peer has finished sending.
    static let halfClosed = Readiness(rawValue: 0x2000)
    /// Report changes of the state only.
    static let edgeTriggered = Readiness(rawValue: 1 << 31)
}

/// An object with a descriptor that an event loop watches; called on the loop's thread.
protocol EventSource: AnyObject {
    /// The descriptor has become ready.
    func handle(_ readiness: Readiness)
    /// A deadline of this source may have been reached.
    func deadlineReached(_ scheduled: UInt64)
}
