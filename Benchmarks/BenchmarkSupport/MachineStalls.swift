/// How long the machine keeps a running program from running, for example because of other virtual machines.
///
/// A server's 99th percentile of latency has no meaning on a machine that stalls for a larger part of the time.
package struct MachineStalls: Sendable {
    /// The part of the time that was lost in gaps of more than a tenth of a millisecond.
    package let share: Double
    /// The longest gap.
    package let longestMilliseconds: Double

    /// Stalls that were measured elsewhere.
    package init(share: Double, longestMilliseconds: Double) {
        self.share = share
        self.longestMilliseconds = longestMilliseconds
    }

    /// Reads the clock for some seconds, and does nothing else.
    package static func measure(seconds: Int) -> MachineStalls {
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        var last = start
        var lost = Duration.zero
        var longest = Duration.zero
        while last < end {
            let now = ContinuousClock.now
            let gap = now - last
            if gap > .microseconds(100) { lost += gap }
            longest = max(longest, gap)
            last = now
        }
        return MachineStalls(share: lost / (last - start), longestMilliseconds: longest / .milliseconds(1))
    }
}
