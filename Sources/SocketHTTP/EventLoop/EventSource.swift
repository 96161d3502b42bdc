/// Something with a descriptor that an event loop watches; called on the loop's thread.
protocol EventSource: AnyObject {
    /// The descriptor is ready; `events` are epoll's.
    func handle(events: UInt32)
    /// A deadline that was set for this source may have come.
    func deadlineReached(_ scheduled: UInt64)
}
