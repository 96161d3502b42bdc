/// A clock for measuring durations; unlike `TimeSource` it never jumps.
package protocol ElapsedTimeSource: Sendable {
    /// Nanoseconds since a fixed moment.
    func nanoseconds() -> Int64
}
