import Synchronization

/// Holds requests until a test releases them, so that no test needs to sleep.
package final class ResponseGate: Sendable {
    private struct State {
        var isOpen = false
        var arrivalCount = 0
        var held: [AsyncStream<Never>.Continuation] = []
        var observers: [(count: Int, continuation: AsyncStream<Never>.Continuation)] = []
    }

    private let state = Mutex(State())

    /// Creates a closed gate.
    package init() {}

    /// Releases all requests, those that wait and those that follow.
    package func open() {
        let held = state.withLock { state in
            state.isOpen = true
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.finish() }
    }

    /// How many requests have reached the gate.
    package var arrivalCount: Int { state.withLock { $0.arrivalCount } }

    /// Waits until that many requests have reached the gate, or the task is cancelled.
    package func waitForArrivals(_ count: Int = 1) async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let isThere = state.withLock { state in
            guard state.arrivalCount < count else { return true }
            state.observers.append((count, continuation))
            return false
        }
        if isThere { return }
        for await _ in stream {}
    }

    /// Waits until the gate is open, or the task is cancelled because the provider stops.
    func pass() async {
        let (stream, continuation) = AsyncStream<Never>.makeStream()
        let (isOpen, noticed) = state.withLock { state in
            state.arrivalCount += 1
            let count = state.arrivalCount
            let noticed = state.observers.filter { $0.count <= count }
            state.observers.removeAll { $0.count <= count }
            if !state.isOpen { state.held.append(continuation) }
            return (state.isOpen, noticed)
        }
        for observer in noticed { observer.continuation.finish() }
        if isOpen { return }
        for await _ in stream {}
    }
}
