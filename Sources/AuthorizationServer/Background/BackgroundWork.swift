import Synchronization

/// Owns the tasks that outlive the request or the turn that began them.
///
/// A task that is started elsewhere outlives the server too: its answer comes when the storage is closed, and what it
/// holds, such as the only good refresh token of a user, is lost. Work that is started here is settled before the
/// storage closes, and none is accepted after that.
package final class BackgroundWork: Sendable {
    /// What a shutdown does with work in progress.
    package enum AtShutdown: Sendable {
        /// It goes on to its end, within the bound of ``settle(within:schedule:)``: its result exists nowhere else.
        case finishes
        /// It is cancelled: nothing is lost with it.
        case isCancelled
        /// It is cancelled, and ends in no other way: ``idle()`` waits for it only after ``close()``.
        case endsThen
    }

    private struct Entry {
        let atShutdown: AtShutdown
        let cancel: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var nextNumber: UInt64 = 0
        var isClosed = false
        var waiters: [CheckedContinuation<Void, Never>] = []

        /// Whether nothing is in progress that ends by itself.
        var isIdle: Bool { isClosed ? entries.isEmpty : entries.values.allSatisfy { $0.atShutdown == .endsThen } }

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer { waiters = [] }
            return waiters
        }
    }

    private let state = Mutex(State())

    /// How long work that is cancelled at the bound has to notice.
    private static let cancellationPeriod: Duration = .seconds(1)

    /// An owner without work.
    package init() {}

    /// Starts work on the global pool, whatever the caller runs on; it belongs to the span of the request that began
    /// it.
    ///
    /// - Returns: The task, or nil once the owner has been closed; the caller answers as if the work had failed.
    package func start<Value: Sendable>(
        _ atShutdown: AtShutdown,
        _ work: @escaping @Sendable () async -> Value
    ) -> Task<Value, Never>? {
        let span = SpanContext.current
        return state.withLock { state in
            guard !state.isClosed else { return nil }
            let number = state.nextNumber
            state.nextNumber += 1
            let task = Task.detached { [self] in
                let value = span == nil ? await work() : await SpanContext.$current.withValue(span) { await work() }
                finish(number)
                return value
            }
            state.entries[number] = Entry(atShutdown: atShutdown, cancel: { task.cancel() })
            return task
        }
    }

    /// How many tasks are in progress.
    package var count: Int { state.withLock { $0.entries.count } }

    /// Whether no more work is accepted.
    package var isClosed: Bool { state.withLock { $0.isClosed } }

    private func finish(_ number: UInt64) {
        let waiters = state.withLock { state in
            state.entries[number] = nil
            return state.isIdle ? state.takeWaiters() : []
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when no work is in progress; more may be started in the meantime and after.
    package func idle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.isIdle { return true }
                state.waiters.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Accepts no more work and cancels what may be cancelled; the rest goes on.
    package func close() {
        let entries = state.withLock { state in
            state.isClosed = true
            return state.entries.values.filter { $0.atShutdown != .finishes }
        }
        for entry in entries { entry.cancel() }
    }

    /// Closes the owner and returns when all work has ended, or soon after the bound, when what is left is cancelled.
    ///
    /// - Parameters:
    ///   - period: How long work may go on.
    ///   - schedule: Runs a closure after a time; a clock of the caller's.
    /// - Returns: How many tasks ignored even their cancellation.
    package func settle(
        within period: Duration,
        schedule: (Duration, @escaping @Sendable () -> Void) -> Void
    ) async -> Int {
        close()
        guard count > 0 else { return 0 }
        schedule(period) { self.cancelAll() }
        schedule(period + Self.cancellationPeriod) { self.giveUp() }
        await idle()
        return count
    }

    private func cancelAll() {
        let entries = state.withLock { $0.entries.values }
        for entry in entries { entry.cancel() }
    }

    private func giveUp() {
        let waiters = state.withLock { $0.takeWaiters() }
        for waiter in waiters { waiter.resume() }
    }
}
