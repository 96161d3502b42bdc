import Foundations
import Synchronization
import Testing

@Suite("Single flight: one operation at a time for each key, shared by all callers")
struct SingleFlightTests {
    /// Operations that wait for the test.
    private final class Gate: Sendable {
        private let state = Mutex((isOpen: false, waiters: [CheckedContinuation<Void, Never>]()))

        func wait() async {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiters.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func open() {
            let waiters = state.withLock { state in
                defer { state = (true, []) }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    private static func flight() -> SingleFlight<String, Int> {
        SingleFlight { operation in Task { await operation() } }
    }

    @Test("64 callers of one key share one operation, and other keys have their own")
    func shared() async throws {
        let flight = Self.flight()
        let gate = Gate()
        let runs = Atomic<Int>(0)
        let tasks = (0..<64).map { _ in
            flight.task(for: "a") {
                await gate.wait()
                return runs.add(1, ordering: .relaxed).newValue
            }
        }
        let other = try #require(flight.task(for: "b") { 100 })
        #expect(await other.value == 100)
        #expect(flight.count == 1)
        #expect(flight.task(for: "a") != nil && flight.task(for: "b") == nil)
        gate.open()
        for task in tasks { #expect(await task?.value == 1) }
        #expect(runs.load(ordering: .relaxed) == 1)
        #expect(flight.count == 0)
    }

    @Test("an operation that has ended is not shared: the next caller starts another")
    func again() async {
        let flight = Self.flight()
        #expect(await flight.task(for: "a") { 1 }?.value == 1)
        #expect(await flight.task(for: "a") { 2 }?.value == 2)
    }

    @Test("a caller that goes away fails neither the others nor the operation")
    func cancelledCaller() async {
        let flight = Self.flight()
        let gate = Gate()
        let operation: @Sendable () async -> Int = {
            await gate.wait()
            return Task.isCancelled ? -1 : 1
        }
        let leaving = Task { await flight.task(for: "a", operation)?.value }
        while flight.task(for: "a") == nil { await Task.yield() }
        let staying = flight.task(for: "a", operation)
        leaving.cancel()
        gate.open()
        #expect(await staying?.value == 1)
        #expect(await leaving.value == 1)
    }

    @Test("when nothing may be started, the caller gets none, and nothing is left behind")
    func refused() async {
        let flight = SingleFlight<String, Int> { _ in nil }
        #expect(flight.task(for: "a") { 1 } == nil)
        #expect(flight.count == 0)
    }
}
