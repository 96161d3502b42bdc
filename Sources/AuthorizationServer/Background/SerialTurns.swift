import Synchronization

/// Runs background work turn by turn, beside everything else: never two turns at once, and a caller that waits for one
/// finds done what was due when it asked.
final class SerialTurns: Sendable {
    private struct State {
        var last: Task<Void, Never>?
        var count = 0
        var isStopped = false
    }

    private let work: BackgroundWork
    private let state = Mutex(State())

    /// No turns yet; what they change must be in the journal before the storage closes, so `work` owns them.
    init(work: BackgroundWork) {
        self.work = work
    }

    /// Starts a turn unless one is under way; a slow one is not queued behind.
    func startIfIdle(_ turn: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard state.count == 0, !state.isStopped else { return }
            add(turn, to: &state)
        }
    }

    /// Runs a turn after those that are under way, and waits for it.
    func run(_ turn: @escaping @Sendable () async -> Void) async {
        await state.withLock { add(turn, to: &$0) }?.value
    }

    /// Starts no more turns, and cancels the one in progress, whose owner waits for its end.
    func stop() {
        let last = state.withLock { state in
            state.isStopped = true
            return state.last
        }
        last?.cancel()
    }

    @discardableResult
    private func add(_ turn: @escaping @Sendable () async -> Void, to state: inout State) -> Task<Void, Never>? {
        let previous = state.last
        let task = work.start(.isCancelled) { [self] in
            await previous?.value
            await turn()
            self.state.withLock { state in
                state.count -= 1
                // Without this each turn would keep the one before alive.
                if state.count == 0 { state.last = nil }
            }
        }
        guard let task else { return nil }
        state.last = task
        state.count += 1
        return task
    }
}
