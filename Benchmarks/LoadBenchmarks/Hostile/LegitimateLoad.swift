import BenchmarkSupport
import CLinux
import Glibc
import Histogram

/// Users and MCP servers at fixed rates, each from its own address.
///
/// Each latency counts from the moment the operation was due.
final class LegitimateLoad {
    /// What they do.
    enum Kind: String, CaseIterable, Codable {
        case login
        case refresh
        case retrieval

        /// How many there are in a second.
        var perSecond: Double { self == .login ? 60 : 300 }
        /// How many at the same time at most.
        fileprivate var clientCount: Int { self == .login ? 48 : 32 }
    }

    private final class Client {
        let kind: Kind
        let script: any Script
        var wires: [Wire?] = [nil, nil]
        var source: LoopbackAddress
        var dueAt: UInt64 = 0
        var isBusy = false

        init(_ kind: Kind, _ script: any Script, _ source: LoopbackAddress) {
            self.kind = kind
            self.script = script
            self.source = source
        }
    }

    private struct Queue {
        var idle = Ring<Int>()
        var backlog = Ring<UInt64>()
        var nextDue: UInt64 = 0
    }

    private let endpoints: [Endpoint]
    private let scale: Double
    private let waitMilliseconds: Int32
    private let epoll = gatehouse_epoll_create()
    private var clients: [Client] = []
    private var queues: [Kind: Queue] = [:]
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var events = [gatehouse_epoll_event](repeating: gatehouse_epoll_event(), count: 256)
    private var sourceCount = 0
    /// Since when operations are counted.
    private var measuredFrom = UInt64.max
    private var figures = Figures()

    /// What was measured.
    struct Figures {
        var latencies: [Kind: Histogram<UInt64>] = [:]
        var operationCount = 0
        var failures: [String] = []
        var failureCount = 0

        mutating func record(_ kind: Kind, _ nanoseconds: UInt64) {
            operationCount += 1
            latencies[kind, default: Self.noLatencies].record(nanoseconds)
        }

        /// The 99th percentile of one kind, in microseconds.
        func p99Microseconds(_ kind: Kind) -> Double {
            Double(latencies[kind]?.valueAtPercentile(99) ?? 0) / 1000
        }

        private static var noLatencies: Histogram<UInt64> {
            Histogram(highestTrackableValue: 120_000_000_000, numberOfSignificantValueDigits: .three)
        }

        mutating func add(_ other: Figures) {
            operationCount += other.operationCount
            failureCount += other.failureCount
            failures = Array((failures + other.failures).prefix(5))
            for (kind, histogram) in other.latencies { latencies[kind, default: Self.noLatencies].add(histogram) }
        }
    }

    /// Makes the clients.
    ///
    /// - Parameters:
    ///   - host: The server.
    ///   - factory: Makes what the clients do.
    ///   - scale: The part of the usual rates.
    ///   - isPatient: Whether the load sleeps when it has nothing to do: latencies then mean nothing.
    /// - Throws: What keeps the clients from being made.
    init(_ host: LoadHost, _ factory: ScriptFactory, scale: Double, isPatient: Bool) async throws {
        self.scale = scale
        waitMilliseconds = isPatient ? 1 : 0
        endpoints = [host.server, host.provider]
        for (kind, scenario) in [(Kind.login, ScenarioID.flow), (.refresh, .refresh), (.retrieval, .vault)] {
            var queue = Queue()
            let scripts = try await factory.scripts(scenario, connections: kind.clientCount, seconds: 1)
            for script in scripts {
                queue.idle.append(clients.count)
                clients.append(Client(kind, script, nextSource()))
            }
            queues[kind] = queue
        }
    }

    deinit {
        close(epoll)
    }

    /// Runs for some seconds after a quarter of them that is not counted, with or without an attack.
    func run(seconds: Double, attack: AttackSchedule?) throws -> Figures {
        let start = MonotonicClock.now
        let end = start + UInt64(seconds * 1.25e9)
        measuredFrom = start + UInt64(seconds * 0.25e9)
        figures = Figures()
        for kind in Kind.allCases { queues[kind]?.nextDue = start }
        while MonotonicClock.now < end {
            for kind in Kind.allCases { begin(kind, MonotonicClock.now) }
            receive()
            attack?.turn(MonotonicClock.now)
        }
        finish(attack)
        return figures
    }

    private func begin(_ kind: Kind, _ now: UInt64) {
        guard var queue = queues[kind] else { return }
        while queue.nextDue <= now {
            queue.backlog.append(queue.nextDue)
            queue.nextDue += UInt64(1e9 / (kind.perSecond * scale))
        }
        while !queue.backlog.isEmpty, let index = queue.idle.popFirst() {
            guard let due = queue.backlog.popFirst() else { break }
            queues[kind] = queue
            begin(index, dueAt: due)
            queue = queues[kind] ?? queue
        }
        queues[kind] = queue
    }

    private func begin(_ index: Int, dueAt: UInt64) {
        let client = clients[index]
        client.dueAt = dueAt
        client.isBusy = true
        do {
            guard let step = try client.script.begin() else { throw BenchmarkError("nothing to do") }
            try send(step, index)
        } catch {
            fail(index, error)
        }
    }

    private func receive() {
        let count = unsafe gatehouse_epoll_wait(epoll, &events, Int32(events.count), waitMilliseconds)
        for event in 0..<max(0, Int(count)) {
            let token = Int(events[event].token)
            let (index, target) = (token >> 1, token & 1)
            do {
                guard let answer = try clients[index].wires[target]?.receive(into: &buffer) else { continue }
                if let step = try clients[index].script.take(answer) {
                    try send(step, index)
                } else {
                    end(index)
                }
            } catch {
                fail(index, error)
            }
        }
    }

    private func send(_ step: Step, _ index: Int) throws {
        let (client, target) = (clients[index], step.target.rawValue)
        if client.wires[target] == nil {
            var endpoint = endpoints[target]
            endpoint.source = client.source
            let wire = try Wire(to: endpoint)
            guard gatehouse_epoll_add(epoll, wire.descriptor, 0x1, UInt64(index << 1 | target)) == 0 else {
                throw BenchmarkError("a connection cannot be watched")
            }
            client.wires[target] = wire
        }
        try client.wires[target]?.send(step.request)
    }

    private func end(_ index: Int) {
        let client = clients[index]
        let now = MonotonicClock.now
        if client.dueAt >= measuredFrom { figures.record(client.kind, now - client.dueAt) }
        if client.kind == .login {
            // The next login is another user's, elsewhere.
            client.wires[0] = nil
            client.source = nextSource()
        }
        release(index)
    }

    private func fail(_ index: Int, _ error: any Error) {
        let client = clients[index]
        client.wires = [nil, nil]
        // A connection that the server ends between two requests is no failure.
        guard client.isBusy else { return }
        figures.failureCount += 1
        if figures.failures.count < 5 { figures.failures.append("\(client.kind.rawValue): \(error)") }
        release(index)
    }

    private func release(_ index: Int) {
        clients[index].isBusy = false
        queues[clients[index].kind]?.idle.append(index)
    }

    /// Waits for what was due in the turn: leaving it out would improve the tail.
    private func finish(_ attack: AttackSchedule?) {
        let limit = MonotonicClock.now + 20_000_000_000
        while clients.contains(where: \.isBusy) || queues.values.contains(where: { !$0.backlog.isEmpty }) {
            for kind in Kind.allCases {
                queues[kind]?.nextDue = UInt64.max
                begin(kind, MonotonicClock.now)
            }
            receive()
            attack?.turn(MonotonicClock.now)
            guard MonotonicClock.now < limit else { return failAll() }
        }
    }

    private func failAll() {
        for index in clients.indices where clients[index].isBusy {
            fail(index, BenchmarkError("no answer within 20 seconds"))
        }
        for kind in Kind.allCases {
            figures.failureCount += queues[kind]?.backlog.count ?? 0
            queues[kind]?.backlog = Ring()
        }
    }

    private func nextSource() -> LoopbackAddress {
        sourceCount += 1
        return LoopbackAddress(network: 64, sourceCount)
    }
}
