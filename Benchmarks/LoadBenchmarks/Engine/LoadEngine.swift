import BenchmarkSupport
import CLinux
import Glibc
import Histogram

/// Clients on one thread over `epoll`, each with its own connections.
///
/// A closed loop: every client begins its next operation when the last one has ended, which finds the server's highest
/// rate. An open loop: operations are due at a fixed rate whatever the server does, and each latency counts from the
/// moment the operation was due, so that a stall is seen by every operation that it delayed.
final class LoadEngine {
    /// How operations are started.
    enum Mode {
        case closed
        case open(perSecond: Double)
    }

    private final class Client {
        let script: any Script
        var wires: [Wire?]
        var dueAt: UInt64 = 0
        var isBusy = false

        init(_ script: any Script, endpointCount: Int) {
            self.script = script
            wires = Array(repeating: nil, count: endpointCount)
        }
    }

    private let endpoints: [Endpoint]
    private let epoll = gatehouse_epoll_create()
    private var clients: [Client] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var events = [gatehouse_epoll_event](repeating: gatehouse_epoll_event(), count: 1024)
    private var idle = Ring<Int>()
    private var backlog = Ring<UInt64>()
    private var busyCount = 0
    /// Operations that are due in this time are counted.
    private var measured: Range<UInt64> = 0..<0
    private var latencies = Histogram<UInt64>(
        highestTrackableValue: 120_000_000_000,
        numberOfSignificantValueDigits: .three
    )
    private var operationCount = 0
    private var requestCount = 0

    /// Connects the clients; the second endpoint is the identity provider, for scripts that visit it.
    init(_ scripts: [any Script], endpoints: [Endpoint]) throws {
        self.endpoints = endpoints
        for script in scripts {
            clients.append(Client(script, endpointCount: endpoints.count))
            _ = try wire(clients.count - 1, .server)
        }
    }

    deinit {
        close(epoll)
    }

    /// Runs for some seconds after a warm-up of a quarter of them.
    func run(_ mode: Mode, seconds: Double, server: Int32) throws -> Outcome {
        let start = MonotonicClock.now
        let end = start + UInt64(seconds * 1.25e9)
        let measuredFrom = start + UInt64(seconds * 0.25e9)
        var before: ProcessUsage?
        var schedule = Schedule(mode, start: start)
        for index in clients.indices { idle.append(index) }
        var now = start
        while now < end {
            if before == nil, now >= measuredFrom {
                before = try ProcessUsage.current(of: server)
                measured = now..<end
                requestCount = 0
            }
            try begin(&schedule, now)
            // The load has its own core and never sleeps: waking it would be charged to the server that sends to it.
            try turn(timeoutMilliseconds: 0)
            now = MonotonicClock.now
        }
        guard let before else { throw BenchmarkError("the load did not reach the measurement") }
        let after = try ProcessUsage.current(of: server)
        let (operationCount, requestCount, unfinished) = (operationCount, requestCount, backlog.count)
        // Operations that were due before the end are awaited: leaving them out would improve the tail. In a closed
        // loop every waiting operation has begun.
        if !schedule.isOpen { measured = 0..<0 }
        try finishBacklog()
        try finishRunning()
        return Outcome(
            operationCount: operationCount,
            requestCount: requestCount,
            seconds: Double(now - measuredFrom) / 1e9,
            serverSeconds: after.processorSeconds - before.processorSeconds,
            residentBytes: after.residentBytes,
            unfinishedCount: unfinished,
            latencies: latencies
        )
    }

    // MARK: - Turns

    private func begin(_ schedule: inout Schedule, _ now: UInt64) throws {
        guard schedule.isOpen else {
            while let client = idle.popFirst() { try begin(client, dueAt: MonotonicClock.now) }
            return
        }
        while let due = schedule.popDue(now) { backlog.append(due) }
        while !backlog.isEmpty, let client = idle.popFirst() {
            if let due = backlog.popFirst() { try begin(client, dueAt: due) }
        }
    }

    private func turn(timeoutMilliseconds: Int32) throws {
        let count = unsafe gatehouse_epoll_wait(epoll, &events, Int32(events.count), timeoutMilliseconds)
        for index in 0..<max(0, Int(count)) {
            let token = Int(events[index].token)
            try receive(client: token >> 1, target: token & 1)
        }
    }

    private func receive(client index: Int, target: Int) throws {
        let client = clients[index]
        guard let answer = try client.wires[target]?.receive(into: &buffer) else { return }
        guard client.isBusy else { throw BenchmarkError("an answer without a request") }
        requestCount += 1
        if let step = try client.script.take(answer) {
            try send(step, client: index)
            return
        }
        client.isBusy = false
        busyCount -= 1
        if measured.contains(client.dueAt) {
            latencies.record(MonotonicClock.now - client.dueAt)
            operationCount += 1
        }
        idle.append(index)
    }

    private func begin(_ index: Int, dueAt: UInt64) throws {
        // A script without further operations leaves its client out for the rest of the run.
        guard let step = try clients[index].script.begin() else { return }
        clients[index].dueAt = dueAt
        clients[index].isBusy = true
        busyCount += 1
        try send(step, client: index)
    }

    private func send(_ step: Step, client: Int) throws {
        try wire(client, step.target).send(step.request)
    }

    private func wire(_ client: Int, _ target: Step.Target) throws -> Wire {
        if let wire = clients[client].wires[target.rawValue] { return wire }
        let wire = try Wire(to: endpoints[target.rawValue])
        guard gatehouse_epoll_add(epoll, wire.descriptor, 0x1, UInt64(client << 1 | target.rawValue)) == 0 else {
            throw BenchmarkError("a connection cannot be watched")
        }
        clients[client].wires[target.rawValue] = wire
        return wire
    }

    // MARK: - The end

    private func finishBacklog() throws {
        let limit = MonotonicClock.now + 20_000_000_000
        while !backlog.isEmpty {
            while !backlog.isEmpty, let client = idle.popFirst() {
                if let due = backlog.popFirst() { try begin(client, dueAt: due) }
            }
            try turn(timeoutMilliseconds: 100)
            guard MonotonicClock.now < limit else { throw BenchmarkError("the server does not keep up with this rate") }
        }
    }

    private func finishRunning() throws {
        let limit = MonotonicClock.now + 20_000_000_000
        while busyCount > 0 {
            try turn(timeoutMilliseconds: 100)
            guard MonotonicClock.now < limit else { throw BenchmarkError("no answer within 20 seconds") }
        }
        idle = Ring()
    }
}

/// When operations are due.
private struct Schedule {
    private let interval: Double
    private let start: UInt64
    private var number = 0.0
    let isOpen: Bool

    init(_ mode: LoadEngine.Mode, start: UInt64) {
        self.start = start
        switch mode {
        case .closed:
            isOpen = false
            interval = 0
        case .open(let perSecond):
            isOpen = true
            interval = 1e9 / perSecond
        }
    }

    mutating func popDue(_ now: UInt64) -> UInt64? {
        let due = start + UInt64(number * interval)
        guard due <= now else { return nil }
        number += 1
        return due
    }
}
