/// Deadlines in coarse slots: setting one is an append, and nothing is ever removed before its time.
///
/// Elements come out at their deadline or up to one tick later. Those beyond the wheel's horizon come out early, so the
/// caller checks the deadline itself and reinserts an element that is not due.
struct DeadlineWheel<Element> {
    /// An element and the deadline it was inserted with.
    struct Entry {
        let element: Element
        let deadline: UInt64
    }

    private let tickNanoseconds: UInt64
    private var slots: [[Entry]]
    private var current: UInt64 = 0
    private var count = 0
    private var earliest = UInt64.max

    init(tick: Duration = .milliseconds(25), slotCount: Int = 1_024) {
        tickNanoseconds = tick.nanoseconds
        slots = Array(repeating: [], count: slotCount)
    }

    var isEmpty: Bool { count == 0 }

    /// When to look again; `nil` when the wheel is empty.
    var nextDue: UInt64? {
        count == 0 ? nil : earliest * tickNanoseconds
    }

    mutating func insert(_ element: Element, deadline: UInt64, now: UInt64) {
        let nowTick = now / tickNanoseconds
        if count == 0 { current = max(current, nowTick) }
        // Rounded up, so that nothing within the horizon comes out before its deadline.
        let wanted = min(deadline, UInt64.max - tickNanoseconds) / tickNanoseconds + 1
        let tick = min(max(wanted, current + 1), current + UInt64(slots.count) - 1)
        slots[Int(tick % UInt64(slots.count))].append(Entry(element: element, deadline: deadline))
        count += 1
        earliest = min(earliest, tick)
    }

    /// Removes and returns every element whose slot is due.
    mutating func takeDue(now: UInt64) -> [Entry] {
        let nowTick = now / tickNanoseconds
        guard count > 0, nowTick >= earliest else { return [] }
        var due: [Entry] = []
        let last = min(nowTick, current + UInt64(slots.count))
        for tick in current...last {
            let index = Int(tick % UInt64(slots.count))
            guard !slots[index].isEmpty else { continue }
            due.append(contentsOf: slots[index])
            slots[index] = []
        }
        current = nowTick
        count -= due.count
        earliest = count == 0 ? .max : nextOccupied()
        return due
    }

    private func nextOccupied() -> UInt64 {
        for tick in current..<(current + UInt64(slots.count)) where !slots[Int(tick % UInt64(slots.count))].isEmpty {
            return tick
        }
        return .max
    }
}

extension Duration {
    /// The duration in nanoseconds, as the clock counts them; negative ones become zero, infinite ones the maximum.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 1 << 32 else { return 1 << 62 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}
