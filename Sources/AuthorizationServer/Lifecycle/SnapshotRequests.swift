import Synchronization

/// When snapshots are written: in an interval, and on request.
struct SnapshotSchedule: Sendable {
    let interval: Duration
    let requests: SnapshotRequests
}

/// Operators who wait for a snapshot, which the maintenance writes in its next turn: never two at once.
final class SnapshotRequests: Sendable {
    private struct State {
        var waiters: [CheckedContinuation<Bool, Never>] = []
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Whether a snapshot is asked for.
    var arePending: Bool { state.withLock { !$0.waiters.isEmpty } }

    /// Waits for a snapshot that begins after this call.
    ///
    /// - Returns: Whether it was written.
    func written() async -> Bool {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.waiters.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume(returning: false) }
        }
    }

    /// The waiters, whose snapshot begins now.
    func take() -> [CheckedContinuation<Bool, Never>] {
        state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
    }

    /// No snapshot is written on request any longer.
    func close() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in left { waiter.resume(returning: false) }
    }
}
