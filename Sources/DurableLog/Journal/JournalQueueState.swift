/// What `JournalQueue` keeps under its lock.
struct JournalQueueState {
    /// A caller that waits for a record to be safe.
    struct Waiter {
        let sequenceNumber: UInt64
        let safety: JournalQueue.Safety
        let continuation: CheckedContinuation<Result<Void, JournalError>, Never>
    }

    var lastNumber: UInt64
    var writtenNumber: UInt64
    var synchronizedNumber: UInt64
    var pending: [PendingRecord] = []
    var waiters: [Waiter] = []
    var closeWaiters: [CheckedContinuation<Result<Void, JournalError>, Never>] = []
    var segments: [JournalQueue.SegmentStart]
    var statistics = JournalStatistics()
    var synchronizationIsRequested = false
    var writerSleeps = false
    var hasFailed = false
    var hasOverflowed = false
    var isClosing = false
    var closeResult: Result<Void, JournalError>?

    /// The answer that a caller can get at once; nil if it has to wait.
    func answer(for sequenceNumber: UInt64, _ safety: JournalQueue.Safety) -> Result<Void, JournalError>? {
        if sequenceNumber <= safeNumber(safety) { return .success(()) }
        if closeResult != nil { return .failure(.closed) }
        if hasFailed || hasOverflowed { return .failure(.unavailable) }
        return nil
    }

    /// Whether the writer has to be woken; only one caller gets true.
    mutating func takeSleep() -> Bool {
        defer { writerSleeps = false }
        return writerSleeps
    }

    /// The work that has gathered for the writer; nil if there is none.
    mutating func takeWork() -> JournalQueue.Work? {
        guard !pending.isEmpty || synchronizationIsRequested || isClosing else { return nil }
        defer {
            pending = []
            synchronizationIsRequested = false
        }
        return JournalQueue.Work(records: pending, synchronizes: synchronizationIsRequested, isClosing: isClosing)
    }

    /// The waiting callers whose record has become safe.
    mutating func takeReleased() -> [Waiter] {
        var released: [Waiter] = []
        var waiting: [Waiter] = []
        for waiter in waiters {
            if waiter.sequenceNumber <= safeNumber(waiter.safety) {
                released.append(waiter)
            } else {
                waiting.append(waiter)
            }
        }
        waiters = waiting
        return released
    }

    private func safeNumber(_ safety: JournalQueue.Safety) -> UInt64 {
        safety == .written ? writtenNumber : synchronizedNumber
    }
}
