import Foundations
import Synchronization

/// The state that the journal's callers and its writer share: records in transit, and waiting callers.
final class JournalQueue: Sendable {
    /// The writer's next task.
    struct Work {
        /// Everything up to this number is in a snapshot: the next segment begins after it, and the records are
        /// those of that segment.
        var resumption: UInt64?
        var records: [PendingRecord] = []
        var synchronizes = false
        /// Whether the records begin a new segment.
        var beginsSegment = false
        var isClosing = false
    }

    /// How safe a caller wants its position to be.
    enum Safety { case written, synchronized }

    /// A segment and the number of the first record that it is the authority for.
    struct SegmentStart: Equatable {
        let number: UInt64
        let firstNumber: UInt64
    }

    private let state: Mutex<JournalQueueState>
    private let signal = WakeSignal()
    private let options: JournalOptions

    /// A queue that continues after the last record that is on the disk already.
    init(lastNumber: UInt64, segments: [SegmentStart], options: JournalOptions) {
        self.options = options
        state = Mutex(
            JournalQueueState(
                lastNumber: lastNumber,
                writtenNumber: lastNumber,
                synchronizedNumber: lastNumber,
                segments: segments
            )
        )
    }

    // MARK: Callers

    func append(_ record: [UInt8]) -> UInt64 {
        precondition(record.count <= RecordFrame.recordByteCountMax, "a record is larger than the journal allows")
        let (number, wakes) = state.withLock { state in
            state.lastNumber += 1
            let record = PendingRecord(sequenceNumber: state.lastNumber, bytes: record)
            guard !state.isClosing, state.take(record, costMax: options.overflowByteCount), state.omission == .none
            else { return (state.lastNumber, false) }
            return (state.lastNumber, state.takeSleep())
        }
        if wakes { signal.post() }
        return number
    }

    func wait(for sequenceNumber: UInt64, _ safety: Safety) async throws(JournalError) {
        if let answer = state.withLock({ $0.answer(for: sequenceNumber, safety) }) { return try answer.get() }
        let result = await withCheckedContinuation { continuation in
            let (answer, wakes) = state.withLock { state -> (Result<Void, JournalError>?, Bool) in
                if let answer = state.answer(for: sequenceNumber, safety) { return (answer, false) }
                if safety == .synchronized, options.policy != .always { state.synchronizationIsRequested = true }
                state.waiters.append(
                    JournalQueueState.Waiter(
                        sequenceNumber: sequenceNumber,
                        safety: safety,
                        continuation: continuation
                    )
                )
                return (nil, state.takeSleep())
            }
            if wakes { signal.post() }
            if let answer { continuation.resume(returning: answer) }
        }
        try result.get()
    }

    /// Makes the writer begin a new segment, with a key of its own, before it writes anything else.
    func requestSegment() {
        let wakes = state.withLock { state in
            state.segmentIsRequested = true
            return state.takeSleep()
        }
        if wakes { signal.post() }
    }

    /// Returns once the writer has written what it could and its thread has ended.
    func close() async throws(JournalError) {
        let result = await withCheckedContinuation { continuation in
            let (answer, wakes) = state.withLock { state in
                if state.closeResult == nil { state.closeWaiters.append(continuation) }
                state.isClosing = true
                return (state.closeResult, state.takeSleep())
            }
            if wakes { signal.post() }
            if let answer { continuation.resume(returning: answer) }
        }
        try result.get()
    }

    var lastNumber: UInt64 { state.withLock { $0.lastNumber } }

    var statistics: JournalStatistics { state.withLock { $0.statistics } }

    var segments: [SegmentStart] { state.withLock { $0.segments } }

    var isAvailable: Bool {
        state.withLock { state in
            !state.hasFailed && state.omission == .none && !state.isClosing
                && state.statistics.unsynchronizedByteCount <= options.unsynchronizedByteCountMax
        }
    }

    // MARK: Omitted records

    /// Whether records were omitted and the disk works: the time for a snapshot that covers them.
    var requiresSnapshot: Bool {
        state.withLock { $0.omission != .none && !$0.hasFailed && !$0.isClosing }
    }

    /// Holds further records until ``resume(after:)``; returns the number that the snapshot has to cover.
    ///
    /// Nil if no records were omitted.
    func beginResuming() -> UInt64? {
        state.withLock { $0.omission == .none || $0.isClosing ? nil : $0.beginResuming() }
    }

    /// Continues after a snapshot on the disk; false if it does not cover everything, and another one is required.
    func resume(after number: UInt64) -> Bool {
        let (resumes, wakes, released) = state.withLock { state in
            guard state.resume(after: number) else { return (false, false, [JournalQueueState.Waiter]()) }
            return (true, state.takeSleep(), state.takeReleased())
        }
        if wakes { signal.post() }
        for waiter in released { waiter.continuation.resume(returning: .success(())) }
        return resumes
    }

    func forgetSegments(_ numbers: Set<UInt64>) {
        state.withLock { state in state.segments.removeAll { numbers.contains($0.number) } }
    }

    // MARK: The writer

    /// Sleeps until there is something to do, or until the time has passed.
    func nextWork(within duration: Duration?) -> Work {
        var isOver = false
        while true {
            let work = state.withLock { state -> Work? in
                let work = state.takeWork()
                state.writerSleeps = work == nil && !isOver
                return work
            }
            if let work { return work }
            if isOver { return Work() }
            if let duration {
                signal.wait(for: duration)
                isOver = true
            } else {
                signal.wait()
            }
        }
    }

    /// Adds what arrives within a moment to the work; no caller wakes the writer for it.
    func gather(into work: inout Work, for duration: Duration) {
        signal.wait(for: duration)
        guard let more = state.withLock({ $0.takeWork() }) else { return }
        if let resumption = more.resumption {
            work.resumption = resumption
            work.records = []
        }
        work.records += more.records
        work.synchronizes = work.synchronizes || more.synchronizes
        work.isClosing = work.isClosing || more.isClosing
    }

    /// The records that arrived during a wait that only closing interrupts.
    func workAfterDelay(_ duration: Duration) -> Work {
        let deadline = ContinuousClock.now.advanced(by: duration)
        while true {
            let isClosing = state.withLock { state in
                state.writerSleeps = false
                return state.isClosing
            }
            let rest = ContinuousClock.now.duration(to: deadline)
            if isClosing || rest <= .zero { return state.withLock { $0.takeWork() ?? Work() } }
            state.withLock { $0.writerSleeps = !$0.isClosing }
            signal.wait(for: rest)
        }
    }

    func didWrite(through sequenceNumber: UInt64) {
        advance { state in
            state.statistics.groupCount += 1
            // A snapshot may have covered more in the meantime.
            state.writtenNumber = max(state.writtenNumber, sequenceNumber)
        }
    }

    func didSynchronize(through sequenceNumber: UInt64, freedByteCount: Int) {
        advance { state in
            state.statistics.synchronizationCount += 1
            state.statistics.unsynchronizedByteCount -= freedByteCount
            state.writtenNumber = max(state.writtenNumber, sequenceNumber)
            state.synchronizedNumber = max(state.synchronizedNumber, sequenceNumber)
        }
    }

    /// Records that the writer had taken are in a snapshot and need not be written.
    func didSkip(freedByteCount: Int) {
        state.withLock { $0.statistics.unsynchronizedByteCount -= freedByteCount }
    }

    func didStartSegment(_ segment: SegmentStart) {
        state.withLock { state in
            state.segments.append(segment)
            state.statistics.segmentCount += 1
        }
    }

    /// Refuses every waiting caller: it is not certain that their records are on the disk.
    func didFail() {
        let waiters = state.withLock { state in
            state.hasFailed = true
            state.statistics.failureCount += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: .failure(.unavailable)) }
    }

    func didRecover() {
        state.withLock { $0.hasFailed = false }
    }

    func didClose(_ result: Result<Void, JournalError>) {
        let (waiters, closeWaiters) = state.withLock { state in
            state.closeResult = result
            defer {
                state.waiters = []
                state.closeWaiters = []
            }
            return (state.waiters, state.closeWaiters)
        }
        for waiter in waiters { waiter.continuation.resume(returning: .failure(.closed)) }
        for waiter in closeWaiters { waiter.resume(returning: result) }
    }

    /// Advances the safe positions and resumes the callers whose position is reached.
    private func advance(_ change: (inout JournalQueueState) -> Void) {
        let released = state.withLock { state in
            change(&state)
            return state.takeReleased()
        }
        for waiter in released { waiter.continuation.resume(returning: .success(())) }
    }
}
