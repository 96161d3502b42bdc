import Synchronization

/// Tasks that wait for room, off every lock and every event loop.
final class RoomWaiters: Sendable {
    private enum Waiter {
        case waiting(CheckedContinuation<Void, Never>)
        /// Cancelled or resumed before it began to wait.
        case released
    }

    private struct State {
        var waiters: [UInt64: Waiter] = [:]
        var nextNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Returns at the next ``resumeAll()``, when `isReady` holds, or when the task is cancelled.
    func wait(unless isReady: () -> Bool) async {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReleased = state.withLock { state in
                    if state.waiters.removeValue(forKey: number) != nil { return true }
                    state.waiters[number] = .waiting(continuation)
                    return false
                }
                // Asked after it is on the list: room that comes in between is not missed.
                if isReleased { continuation.resume() } else if isReady() { resume(number) }
            }
        } onCancel: {
            resume(number)
        }
        state.withLock { $0.waiters[number] = nil }
    }

    private func resume(_ number: UInt64) {
        let waiter = state.withLock { state in
            let waiter = state.waiters[number]
            state.waiters[number] = waiter == nil ? .released : nil
            return waiter
        }
        if case .waiting(let continuation) = waiter { continuation.resume() }
    }

    /// Lets every task that waits go on.
    func resumeAll() {
        let waiters = state.withLock { state in
            defer { state.waiters = state.waiters.filter { if case .released = $0.value { true } else { false } } }
            return state.waiters.values
        }
        for case .waiting(let continuation) in waiters { continuation.resume() }
    }
}
