import CAllocationCount
import Glibc

/// What a thread has used so far: processor time, which other processes do not affect, and heap allocations.
struct Effort {
    private let nanoseconds: Int64
    private let allocations: UInt64

    /// The calling thread's usage until now.
    static var ofThisThread: Effort {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Effort(
            nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec),
            allocations: gatehouse_allocation_count()
        )
    }

    /// The usage between two moments for each of `count` operations.
    static func between(_ start: Effort, _ end: Effort, count: Int) -> Cost {
        Cost(
            microseconds: Double(end.nanoseconds - start.nanoseconds) / 1000 / Double(max(1, count)),
            allocations: Double(end.allocations - start.allocations) / Double(max(1, count))
        )
    }
}

/// What one operation costs.
struct Cost {
    /// Processor time.
    let microseconds: Double
    /// Heap allocations, including those inside OpenSSL.
    let allocations: Double

    /// Operations per second of processor time.
    var rate: Double { 1_000_000 / microseconds }
}

/// An operation of ours and the bare operation that limits it, measured in turns so that disturbances affect both.
struct Comparison {
    let name: String
    let ours: Cost
    let limit: Cost

    /// The share of the limit that is reached.
    var share: Double { limit.microseconds / ours.microseconds }

    /// The allocations without those of the bare operation inside.
    var ownAllocations: Double { max(0, ours.allocations - limit.allocations) }

    /// Runs both in turns of some operations each until `seconds` of processor time are used.
    static func measure(
        _ name: String,
        seconds: Double,
        batch: Int,
        ours: () throws -> Void,
        limit: () throws -> Void
    ) rethrows -> Comparison {
        var spent = (ours: [Cost](), limit: [Cost]())
        var microseconds = 0.0
        var turn = 0
        while turn < 5 || microseconds < seconds * 1_000_000 {
            let first = try cost(of: limit, batch)
            let second = try cost(of: ours, batch)
            turn += 1
            // The first turn warms up.
            guard turn > 1 else { continue }
            spent.limit.append(first)
            spent.ours.append(second)
            microseconds += (first.microseconds + second.microseconds) * Double(batch)
        }
        return Comparison(name: name, ours: median(spent.ours), limit: median(spent.limit))
    }

    private static func cost(of operation: () throws -> Void, _ count: Int) rethrows -> Cost {
        let start = Effort.ofThisThread
        for _ in 0..<count { try operation() }
        return Effort.between(start, .ofThisThread, count: count)
    }

    /// The median turn: an interrupted one says nothing about the operation.
    static func median(_ costs: [Cost]) -> Cost {
        let times = costs.map(\.microseconds).sorted()
        let allocations = costs.map(\.allocations).sorted()
        return Cost(microseconds: times[times.count / 2], allocations: allocations[allocations.count / 2])
    }
}
