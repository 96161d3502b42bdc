import Synchronization

/// Runs background work turn by turn, beside everything else: never two turns at once, and whoever waits for one finds done
/// what was due when it asked.
///
/// On the global pool, for it must not take an event loop's time.
final class SerialTurns: Sendable {
    private struct State {
        var last: Task<Void, Never>?
        var count = 0
        var isStopped = false
    }

    private let state = Mutex(State())

    /// Starts a turn unless one is under way; a slow one is not queued behind.
    func startIfIdle(_ turn: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard state.count == 0, !state.isStopped else { return }
            add(turn, to: &state)
        }
    }

    /// Runs a turn after those that are under way, and waits for it.
    func run(_ turn: @escaping @Sendable () async -> Void) async {
        await state.withLock { add(turn, to: &$0) }.value
    }

    /// Waits for what is under way, which hears that it should come to an end; nothing is started any more.
    ///
    /// What a turn changes must be in the journal before the storage closes.
    func stop() async {
        let last = state.withLock { state in
            state.isStopped = true
            return state.last
        }
        last?.cancel()
        await last?.value
    }

    // Ends by itself and is waited for by `stop`.
    @discardableResult
    private func add(_ turn: @escaping @Sendable () async -> Void, to state: inout State) -> Task<Void, Never> {
        let previous = state.last
        let task = Task { [self] in
            await previous?.value
            await turn()
            self.state.withLock { state in
                state.count -= 1
                // Nobody waits for it any more: without this each turn would keep the one before alive.
                if state.count == 0 { state.last = nil }
            }
        }
        state.last = task
        state.count += 1
        return task
    }
}
