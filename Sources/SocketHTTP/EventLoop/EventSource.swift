/// The events that epoll watches for and reports.
struct PollEvents: OptionSet {
    let rawValue: UInt32

    static let readable = PollEvents(rawValue: 0x1)
    static let writable = PollEvents(rawValue: 0x4)
    static let failed = PollEvents(rawValue: 0x8)
    static let hungUp = PollEvents(rawValue: 0x10)
    /// The peer has finished sending.
    static let halfClosed = PollEvents(rawValue: 0x2000)
    /// Report changes of the state only.
    static let edgeTriggered = PollEvents(rawValue: 1 << 31)
}

/// An object with a descriptor that an event loop watches; called on the loop's thread.
protocol EventSource: AnyObject {
    /// The descriptor has become ready.
    func handle(_ events: PollEvents)
    /// A deadline of this source may have been reached.
    func deadlineReached(_ scheduled: UInt64)
}
