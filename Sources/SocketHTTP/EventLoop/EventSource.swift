/// What epoll is asked to watch for, and what it reports.
struct Readiness: OptionSet {
    let rawValue: UInt32

    static let readable = Readiness(rawValue: 0x1)
    static let writable = Readiness(rawValue: 0x4)
    static let failed = Readiness(rawValue: 0x8)
    static let hungUp = Readiness(rawValue: 0x10)
    /// The other end has finished sending.
    static let halfClosed = Readiness(rawValue: 0x2000)
    /// Report changes only, not the state.
    static let edgeTriggered = Readiness(rawValue: 1 << 31)
}

/// Something with a descriptor that an event loop watches; called on the loop's thread.
protocol EventSource: AnyObject {
    /// The descriptor has become ready.
    func handle(_ readiness: Readiness)
    /// A deadline that was set for this source may have come.
    func deadlineReached(_ scheduled: UInt64)
}
