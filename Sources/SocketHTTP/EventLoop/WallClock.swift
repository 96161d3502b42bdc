import Glibc

/// The system's clocks.
///
/// Hosts read them and pass the time on as a value.
package enum WallClock {
    /// Milliseconds since 1970-01-01T00:00:00Z; jumps when the system's clock is set.
    package static func unixMilliseconds() -> Int64 {
        read(CLOCK_REALTIME) / 1_000_000
    }

    /// Nanoseconds since a fixed moment; never jumps.
    package static func monotonicNanoseconds() -> Int64 {
        read(CLOCK_MONOTONIC)
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        let result = unsafe clock_gettime(clock, &time)
        precondition(result == 0, "the system has no such clock")
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
