import AuthorizationServer
import Dispatch
package import DurableLog
import Foundations
import Synchronization

/// Writes lines to a file on a thread of its own, so that no request waits for a disk, a terminal or a pipe.
///
/// Lines that arrive while a write is in progress go out together with one call. ``write(_:)`` never waits, whatever
/// the file does; the policy says what happens to a line that finds no room.
package final class LineWriter: Sendable {
    /// What happens to a line that does not fit the bound.
    package enum Policy: Sendable {
        /// It is kept over the bound; what caused it waits in ``waitForRoom()`` before it causes more.
        case keep
        /// It is dropped. Where lines were dropped, `notice` makes a line with their number.
        case drop(notice: @Sendable (_ count: Int) -> [UInt8])
    }

    /// What happens to the file, each once.
    package enum Trouble: Sendable {
        /// Writing fails with this error. What fits the bound is kept and goes out, in order, once writing succeeds.
        case began(FileSystemError)
        /// Writing succeeds again.
        case ended
    }

    private struct State {
        var pending: [UInt8] = []
        /// Bytes that the thread has taken and not written yet.
        var writingByteCount = 0
        /// Whether the thread waits for a signal; without one, each line would wake it.
        var isIdle = false
        var isFailing = false
        /// Lines dropped since the last notice.
        var droppedCount = 0
        var droppedTotal = 0
        /// Whether no line is expected; the thread ends when it has written those that came.
        var isClosed = false
        /// Whether the thread takes no further lines: what comes later is written by its caller.
        var hasEnded = false
        /// The file that later lines go to, when another one takes the present one's place.
        var nextFile: AppendingFile?
        /// Whether the end was reached without writing everything: the file may block for ever.
        var isGivenUp = false

        var waitingByteCount: Int { pending.count + writingByteCount }
    }

    private let state = Mutex(State())
    private let waiters = RoomWaiters()
    /// Where the lines go; only the writing thread changes it, and ``write(_:)`` uses it when that thread has ended.
    private let file: Mutex<AppendingFile>
    /// Held while the last checkpoint, or a line after the end, is linked and written: others come after it.
    private let ending = Mutex(())
    private let pendingByteCountMax: Int
    private let policy: Policy
    /// Links the lines and begins other files; `nil` for lines that go out as they are.
    private let keeper: AuditKeeper?
    private let report: @Sendable (Trouble) -> Void
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Most bytes that wait for their write.
    static let usualPendingByteCountMax = 8 << 20
    /// Most bytes of one write, so that room comes in steps while a slow reader takes what there is.
    private static let writeByteCountMax = 1 << 16
    /// How often a file whose writes fail is tried again.
    private static let retryInterval = DispatchTimeInterval.milliseconds(100)
    /// How long the end waits for the last lines: a pipe without a reader must not keep the process alive.
    private static let closeTimeout = DispatchTimeInterval.seconds(2)

    /// A writer to a file that no other writer appends to.
    ///
    /// - Parameters:
    ///   - file: Where the lines go.
    ///   - pendingByteCountMax: Most bytes that wait for their write.
    ///   - policy: What happens to a line that finds no room.
    ///   - keeper: Links the lines and begins other files.
    ///   - report: Hears what happens to the file; called on the writer's thread.
    package init(
        _ file: AppendingFile,
        pendingByteCountMax: Int = usualPendingByteCountMax,
        policy: Policy,
        keeper: AuditKeeper? = nil,
        report: @escaping @Sendable (Trouble) -> Void = { _ in }
    ) {
        self.file = Mutex(file)
        self.pendingByteCountMax = pendingByteCountMax
        self.policy = policy
        self.keeper = keeper
        self.report = report
        do throws(OwnThread.Refusal) {
            try OwnThread(name: "lines") { [self] in run() }.detach()
        } catch {
            // Every line is then written by the caller, as after the end.
            state.withLock { $0.hasEnded = true }
            ended.signal()
        }
    }

    // MARK: - Lines in

    private enum Admission {
        case taken
        case takenByIdleThread
        case takenOverBound
        case afterTheEnd
        case dropped
    }

    private func admit(_ line: [UInt8]) -> Admission {
        state.withLock { state in
            if state.isGivenUp { return .dropped }
            if state.hasEnded { return .afterTheEnd }
            // Once one line is dropped all are, until the thread takes what there is: the notice says where the gap is.
            let fits =
                state.droppedCount == 0
                && (state.waitingByteCount == 0 || state.waitingByteCount + line.count <= pendingByteCountMax)
            if !fits, case .drop = policy {
                state.droppedCount += 1
                state.droppedTotal += 1
                return .dropped
            }
            state.pending.append(contentsOf: line)
            guard !state.isIdle else {
                state.isIdle = false
                return .takenByIdleThread
            }
            return fits ? .taken : .takenOverBound
        }
    }

    /// Takes a line, its newline included; never waits.
    ///
    /// - Returns: False if the line was kept over the bound.
    @discardableResult
    package func write(_ line: [UInt8]) -> Bool {
        switch admit(line) {
        case .taken, .dropped: break
        case .takenByIdleThread: work.signal()
        case .takenOverBound: return false
        case .afterTheEnd:
            // The loops have ended, and the file took everything until now.
            ending.withLock { _ in
                var left = outgoing(line)[...]
                _ = put(&left)
            }
        }
        return true
    }

    /// Whether what waits fits the bound.
    package var hasRoom: Bool {
        state.withLock { $0.droppedCount == 0 && $0.waitingByteCount <= pendingByteCountMax }
    }

    /// Lines dropped since the start.
    package var droppedCount: Int { state.withLock { $0.droppedTotal } }

    /// Returns when what waits fits the bound, or when the task is cancelled.
    package func waitForRoom() async {
        await waiters.wait { hasRoom || state.withLock { $0.isClosed } }
    }

    // MARK: - Bytes out

    /// Lets lines go to another file from now on, such as a new one under the name of one that was renamed.
    ///
    /// A line is never divided between two files. What waits because the present file takes nothing goes to the new
    /// one.
    package func replaceFile(by file: AppendingFile) {
        state.withLock { $0.nextFile = file }
        work.signal()
    }

    /// Writes what waits, and ends the thread; waits for both, but not long.
    package func close() {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        guard !wasClosed else { return }
        work.signal()
        if ended.wait(timeout: .now() + Self.closeTimeout) == .timedOut {
            state.withLock { $0.isGivenUp = true }
        }
        waiters.resumeAll()
    }

    private func run() {
        while let batch = nextBatch() {
            let outgoing = outgoing(batch)
            var left = outgoing[...]
            while let error = put(&left) {
                noteFailure(error)
                // Not in the middle of a line: its first part is in the present file.
                if left.count == outgoing.count { adoptNextFile() }
                guard !state.withLock({ $0.isClosed }) else { return finish(isComplete: false) }
                _ = work.wait(timeout: .now() + Self.retryInterval)
            }
            noteSuccess()
            adoptSuccessor()
        }
        // A last checkpoint; without it the next start's covers these lines.
        ending.withLock { _ in
            var last = keeper?.closing()[...] ?? []
            _ = put(&last)
        }
        finish(isComplete: true)
    }

    private func outgoing(_ lines: [UInt8]) -> [UInt8] { keeper?.outgoing(lines) ?? lines }

    /// Goes on in another file when the present one is full.
    private func adoptSuccessor() {
        guard let next = keeper?.successor() else { return }
        file.withLock { $0 = next }
        // What was opened before the rename is the full file.
        state.withLock { $0.nextFile = nil }
    }

    private func finish(isComplete: Bool) {
        if !isComplete { state.withLock { $0.isGivenUp = true } }
        ended.signal()
    }

    /// All that waits, once there is something; nil at the end.
    private func nextBatch() -> [UInt8]? {
        while true {
            let (batch, hasEnded) = state.withLock { state -> ([UInt8], Bool) in
                var batch = state.pending
                state.pending = []
                if case .drop(let notice) = policy, state.droppedCount > 0 {
                    batch += notice(state.droppedCount)
                    state.droppedCount = 0
                }
                state.writingByteCount = batch.count
                state.isIdle = batch.isEmpty
                state.hasEnded = batch.isEmpty && state.isClosed
                return (batch, state.hasEnded)
            }
            adoptNextFile()
            if !batch.isEmpty { return batch }
            if hasEnded { return nil }
            guard let patience = keeper?.patience else {
                work.wait()
                continue
            }
            // No line came: a checkpoint is due.
            if work.wait(timeout: .now() + .seconds(Int(patience.components.seconds))) == .timedOut { return [] }
        }
    }

    private func adoptNextFile() {
        let next = state.withLock { state in
            defer { state.nextFile = nil }
            return state.nextFile
        }
        guard let next else { return }
        file.withLock { $0 = next }
        keeper?.adoptFile()
    }

    /// Writes the bytes until all are written or a write fails.
    private func put(_ left: inout ArraySlice<UInt8>) -> FileSystemError? {
        let file = file.withLock { $0 }
        while !left.isEmpty {
            do throws(FileSystemError) {
                let count = try file.append(left.prefix(Self.writeByteCountMax))
                left = left.dropFirst(count)
                noteWritten(count)
            } catch {
                return error
            }
        }
        return nil
    }

    private func noteWritten(_ count: Int) {
        let hasRoom = state.withLock { state in
            // A line that came after the end was not counted.
            state.writingByteCount = max(0, state.writingByteCount - count)
            return state.waitingByteCount <= pendingByteCountMax
        }
        if hasRoom { waiters.resumeAll() }
    }

    private func noteFailure(_ error: FileSystemError) {
        let isNew = state.withLock { state in
            defer { state.isFailing = true }
            return !state.isFailing
        }
        if isNew { report(.began(error)) }
    }

    private func noteSuccess() {
        let wasFailing = state.withLock { state in
            defer { state.isFailing = false }
            return state.isFailing
        }
        if wasFailing { report(.ended) }
    }
}

extension LineWriter: AuditSink {}
