import Foundation
import Synchronization

/// Writes lines to a file descriptor on a thread of its own, so that no request waits for a disk or a terminal.
///
/// Lines that arrive while a write is under way go out together with one call. Bounded: past the bound the caller writes
/// itself and waits, for a line of the audit trail is never dropped.
final class LineWriter: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let handle: FileHandle
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Most bytes that wait for their write.
    private static let pendingByteCountMax = 8 << 20

    /// A writer to an open file; the handle is this writer's alone.
    init(_ handle: FileHandle) {
        self.handle = handle
        let thread = Thread { [self] in
            run()
        }
        thread.name = "lines"
        thread.start()
    }

    /// Opens a file for appending (`O_APPEND`), readable by its owner only.
    ///
    /// Every write goes to the end that the file has then: one that is cut meanwhile (`copytruncate`) gets no hole.
    convenience init(appendingTo path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            let made = FileManager.default.createFile(
                atPath: path,
                contents: nil,
                attributes: [.posixPermissions: 0o600]
            )
            guard made else { throw CocoaError(.fileWriteNoPermission) }
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        guard fcntl(handle.fileDescriptor, F_SETFL, O_APPEND) == 0 else { throw CocoaError(.fileWriteUnknown) }
        self.init(handle)
    }

    /// Takes a line, its newline included.
    func write(_ line: [UInt8]) {
        let overflow = state.withLock { state -> [UInt8]? in
            state.pending.append(contentsOf: line)
            guard state.pending.count > Self.pendingByteCountMax || state.isClosed else { return nil }
            defer { state.pending = [] }
            return state.pending
        }
        if let overflow {
            put(overflow)
        } else {
            work.signal()
        }
    }

    /// Writes what waits, and ends the thread.
    func close() {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        guard !wasClosed else { return }
        work.signal()
        ended.wait()
    }

    private func run() {
        while true {
            work.wait()
            let (bytes, isClosed) = state.withLock { state in
                defer { state.pending = [] }
                return (state.pending, state.isClosed)
            }
            put(bytes)
            if isClosed {
                ended.signal()
                return
            }
        }
    }

    private func put(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        // A log that cannot be written must not stop the server; there is nowhere left to report it.
        try? handle.write(contentsOf: Data(bytes))
    }
}
