import DurableLog
import Foundation
import Synchronization

/// Writes lines to a file on a thread of its own, so that no request waits for a disk or a terminal.
///
/// Lines that arrive during a write are written together with one call. The buffer is bounded. At the bound the caller
/// waits, because a line of the audit trail is never dropped while the file takes lines. When the file does not, as on
/// a full disk, the lines within the bound are kept and written, complete and in order, once it takes lines again.
final class LineWriter: Sendable {
    private struct State {
        var pending: [UInt8] = []
        /// Bytes of the write in progress; they may be returned.
        var writingByteCount = 0
        var isFailing = false
        var droppedCount = 0
        var waiterCount = 0
        var isClosed = false
    }

    private enum Admission {
        case taken
        case afterRoom
        case dropped
        case afterTheEnd
    }

    private let state = Mutex(State())
    private let file: AppendingFile
    private let pendingByteCountMax: Int
    private let report: @Sendable (Trouble) -> Void
    private let work = DispatchSemaphore(value: 0)
    private let room = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// The events of the file, each reported once.
    enum Trouble: Sendable {
        /// It takes no more lines; the reason is given.
        case began(FileSystemError)
        /// It takes lines again; this many were dropped in the meantime because the buffer was full.
        case ended(droppedCount: Int)
    }

    /// The most bytes that wait for their write.
    static let usualPendingByteCountMax = 8 << 20
    /// How often a file that takes nothing is tried again.
    private static let retryInterval = DispatchTimeInterval.milliseconds(100)
    /// How long the end waits for the last lines: a pipe without a reader must not keep the process alive.
    private static let closeTimeout = DispatchTimeInterval.seconds(2)

    /// Creates a writer, the only one of this file.
    ///
    /// - Parameters:
    ///   - file: The destination of the lines.
    ///   - pendingByteCountMax: The most bytes that wait for their write.
    ///   - report: Receives the events of the file, on the writer's thread.
    init(
        _ file: AppendingFile,
        pendingByteCountMax: Int = usualPendingByteCountMax,
        report: @escaping @Sendable (Trouble) -> Void = { _ in }
    ) {
        self.file = file
        self.pendingByteCountMax = pendingByteCountMax
        self.report = report
        let thread = Thread { [self] in
            run()
        }
        thread.name = "lines"
        thread.start()
    }

    /// Enqueues a line, its newline included.
    func write(_ line: [UInt8]) {
        while true {
            let admission = state.withLock { state -> Admission in
                guard !state.isClosed else { return .afterTheEnd }
                let waitingByteCount = state.writingByteCount + state.pending.count
                guard waitingByteCount > 0, waitingByteCount + line.count > pendingByteCountMax else {
                    state.pending.append(contentsOf: line)
                    return .taken
                }
                guard !state.isFailing else {
                    state.droppedCount += 1
                    return .dropped
                }
                state.waiterCount += 1
                return .afterRoom
            }
            switch admission {
            case .taken:
                work.signal()
                return
            case .afterRoom: room.wait()
            case .dropped: return
            case .afterTheEnd:
                _ = put(line[...])
                return
            }
        }
    }

    /// Writes the waiting lines, and ends the thread.
    func close() {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        guard !wasClosed else { return }
        work.signal()
        _ = ended.wait(timeout: .now() + Self.closeTimeout)
    }

    private func run() {
        while true {
            let isFailing = state.withLock { $0.isFailing }
            if isFailing { _ = work.wait(timeout: .now() + Self.retryInterval) } else { work.wait() }
            let (bytes, isClosed) = state.withLock { state in
                defer { state.pending = [] }
                state.writingByteCount = state.pending.count
                return (state.pending, state.isClosed)
            }
            settle(put(bytes[...]))
            if isClosed {
                ended.signal()
                return
            }
        }
    }

    /// Writes the bytes; returns the remaining ones and the reason when the file takes no more.
    private func put(_ bytes: ArraySlice<UInt8>) -> (left: ArraySlice<UInt8>, error: FileSystemError)? {
        var left = bytes
        while !left.isEmpty {
            do throws(FileSystemError) {
                left = left.dropFirst(try file.append(left))
            } catch {
                return (left, error)
            }
        }
        return nil
    }

    private func settle(_ failure: (left: ArraySlice<UInt8>, error: FileSystemError)?) {
        let (trouble, waiterCount) = state.withLock { state -> (Trouble?, Int) in
            defer { (state.waiterCount, state.writingByteCount) = (0, 0) }
            guard let failure else {
                guard state.isFailing else { return (nil, state.waiterCount) }
                defer { (state.isFailing, state.droppedCount) = (false, 0) }
                return (.ended(droppedCount: state.droppedCount), state.waiterCount)
            }
            // Before the lines that arrived since: a line that was cut continues where it was cut.
            state.pending.insert(contentsOf: failure.left, at: 0)
            defer { state.isFailing = true }
            return (state.isFailing ? nil : .began(failure.error), state.waiterCount)
        }
        for _ in 0..<waiterCount { room.signal() }
        if let trouble { report(trouble) }
    }
}
