/// What `JournalQueue` keeps under its lock.
struct JournalQueueState {
    /// Whether records are missing between the disk and the state.
    enum Omission: Equatable {
        /// Every record is on the disk or on its way.
        case none
        /// Records have no place in memory and are omitted: only a snapshot covers what they said.
        case omitting
        /// A snapshot of the state up to this number is being written. Later records are held until it is on the disk,
        /// because a journal that continues after a gap could not be recovered before.
        case resuming(after: UInt64)
    }

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
    var segmentIsRequested = false
    var writerSleeps = false
    var hasFailed = false
    var omission = Omission.none
    /// Records after the number that the journal resumes after.
    var held: [PendingRecord] = []
    /// The number that the writer has to continue after, once for each omission.
    var resumption: UInt64?
    var isClosing = false
    var closeResult: Result<Void, JournalError>?

    /// The answer that a caller can get at once; nil if it has to wait.
    func answer(for sequenceNumber: UInt64, _ safety: JournalQueue.Safety) -> Result<Void, JournalError>? {
        if sequenceNumber <= safeNumber(safety) { return .success(()) }
        if closeResult != nil { return .failure(.closed) }
        if hasFailed || omission != .none { return .failure(.unavailable) }
        return nil
    }

    /// Whether the writer has to be woken; only one caller gets true.
    mutating func takeSleep() -> Bool {
        defer { writerSleeps = false }
        return writerSleeps
    }

    /// The work that has gathered for the writer; nil if there is none.
    mutating func takeWork() -> JournalQueue.Work? {
        guard !pending.isEmpty || synchronizationIsRequested || segmentIsRequested || isClosing || resumption != nil
        else { return nil }
        defer {
            pending = []
            synchronizationIsRequested = false
            segmentIsRequested = false
            resumption = nil
        }
        return JournalQueue.Work(
            resumption: resumption,
            records: pending,
            synchronizes: synchronizationIsRequested,
            beginsSegment: segmentIsRequested,
            isClosing: isClosing
        )
    }

    /// Takes a record; false if it has to be omitted.
    mutating func take(_ record: PendingRecord, costMax: Int) -> Bool {
        guard omission != .omitting else { return false }
        guard statistics.unsynchronizedByteCount + record.cost <= costMax else {
            // Omitting a record leaves a gap: from here on nothing can be acknowledged until a snapshot covers it.
            forgetHeld()
            omission = .omitting
            return false
        }
        statistics.recordCount += 1
        statistics.recordByteCount += UInt64(record.bytes.count)
        statistics.unsynchronizedByteCount += record.cost
        if omission == .none { pending.append(record) } else { held.append(record) }
        return true
    }

    /// Begins to hold records behind the last one until a snapshot covers everything before; the number it covers.
    mutating func beginResuming() -> UInt64 {
        // What was held for an earlier attempt is in the state that this one captures.
        forgetHeld()
        omission = .resuming(after: lastNumber)
        return lastNumber
    }

    private mutating func forgetHeld() {
        statistics.unsynchronizedByteCount -= held.reduce(0) { $0 + $1.cost }
        held = []
    }

    /// Continues after the number that a snapshot on the disk covers; false if records were omitted since.
    mutating func resume(after number: UInt64) -> Bool {
        guard omission == .resuming(after: number), !isClosing else { return false }
        // What the writer has not taken yet is covered as well.
        statistics.unsynchronizedByteCount -= pending.reduce(0) { $0 + $1.cost }
        (pending, held) = (held, [])
        omission = .none
        resumption = number
        writtenNumber = max(writtenNumber, number)
        synchronizedNumber = max(synchronizedNumber, number)
        return true
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
