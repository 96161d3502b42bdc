import Testing

@testable import SocketHTTP

@Suite("Deadlines in slots")
struct DeadlineWheelTests {
    private let millisecond: UInt64 = 1_000_000

    @Test("nothing comes out before its deadline, everything at most a tick later")
    func order() {
        var generator = SeededGenerator(seed: 3)
        var wheel = DeadlineWheel<Int>(tick: .milliseconds(25), slotCount: 64)
        var waiting: [Int: UInt64] = [:]
        var now: UInt64 = 5_000 * millisecond
        for step in 0..<2_000 {
            let deadline = now + UInt64.random(in: 0..<1_400, using: &generator) * millisecond
            wheel.insert(step, deadline: deadline, now: now)
            waiting[step] = deadline
            now += UInt64.random(in: 0..<40, using: &generator) * millisecond
            for entry in wheel.takeDue(now: now) {
                #expect(waiting.removeValue(forKey: entry.element) == entry.deadline)
                #expect(entry.deadline <= now)
            }
            #expect(waiting.values.allSatisfy { $0 + 25 * millisecond > now })
        }
        #expect(!waiting.isEmpty)
        #expect(wheel.takeDue(now: now + 5_000 * millisecond).count == waiting.count)
        #expect(wheel.isEmpty && wheel.nextDue == nil)
    }

    @Test("a deadline beyond the horizon comes out early, to be put back")
    func horizon() throws {
        var wheel = DeadlineWheel<Int>(tick: .milliseconds(10), slotCount: 8)
        wheel.insert(1, deadline: 1_000 * millisecond, now: 0)
        let due = try #require(wheel.nextDue)
        #expect(due < 100 * millisecond)
        let early = wheel.takeDue(now: due)
        #expect(early.map(\.deadline) == [1_000 * millisecond])
    }

    @Test("an empty wheel left alone for long begins where time is")
    func longPause() {
        var wheel = DeadlineWheel<Int>(tick: .milliseconds(10), slotCount: 8)
        let later: UInt64 = 1 << 50
        wheel.insert(1, deadline: later + 20 * millisecond, now: later)
        #expect(wheel.takeDue(now: later + 9 * millisecond).isEmpty)
        #expect(wheel.takeDue(now: later + 40 * millisecond).count == 1)
    }

    @Test("durations in nanoseconds are never negative and never overflow")
    func durations() {
        #expect(Duration.milliseconds(1_500).nanoseconds == 1_500 * millisecond)
        #expect(Duration.seconds(-1).nanoseconds == 0)
        #expect(Duration.seconds(Int64.max).nanoseconds == 1 << 62)
    }
}
