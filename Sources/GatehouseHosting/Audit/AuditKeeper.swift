import DurableLog
import FoundationEssentials
import OAuthProtocol
import Synchronization

/// Keeps the files of an audit trail: links their lines, adds checkpoints, and begins another file when one is large or
/// old enough.
///
/// Used by the writer of the lines, on its thread. Nothing is read or written before the first line, because a process
/// that fails to lock the storage must not touch a trail that another process writes.
package final class AuditKeeper: Sendable {
    /// When a file is full, and how many are kept.
    struct Rotation: Sendable, Equatable {
        /// The size in bytes at which a file is full; `nil` for any.
        var byteCountMax: Int?
        /// The age of its first line at which a file is full; `nil` for any.
        var ageMax: Duration?
        /// How many full files are kept; `nil` for all.
        var keptCount: Int?
    }

    private struct State {
        var chain: AuditChain?
        var key: AuditCheckpointKey?
        var byteCount = 0
        /// When the present file's first line was written.
        var begun: Timestamp?
        /// Not before then is a rotation that failed tried again.
        var nextRotation: Timestamp?
    }

    private let directory: String
    private let rotation: Rotation
    private let now: @Sendable () -> Timestamp
    private let open: @Sendable (String) throws(FileSystemError) -> AppendingFile
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// A keeper of the trail in a directory.
    ///
    /// - Parameters:
    ///   - directory: The directory of the file that is written and of those that rotation leaves.
    ///   - rotation: When a file is full.
    ///   - now: The wall clock.
    ///   - open: Opens another file under the trail's name.
    ///   - report: Hears why the trail could not be continued or rotated.
    init(
        directory: String,
        rotation: Rotation = Rotation(),
        now: @escaping @Sendable () -> Timestamp,
        open: @escaping @Sendable (String) throws(FileSystemError) -> AppendingFile = { path throws(FileSystemError) in
            try AppendingFile(path: path)
        },
        report: @escaping @Sendable (String) -> Void
    ) {
        self.directory = directory
        self.rotation = rotation
        self.now = now
        self.open = open
        self.report = report
    }

    private var path: String { directory + "/" + ServerHost.auditFileName }

    /// Makes checkpoints with this key from now on.
    func seal(with key: AuditCheckpointKey) {
        state.withLock { state in
            state.key = key
            state.chain?.key = key
        }
    }

    /// Lines as the file gets them.
    func outgoing(_ lines: [UInt8]) -> [UInt8] {
        state.withLock { state in
            let now = now()
            var output = state.chain == nil && !lines.isEmpty ? begin(&state) : []
            output += state.chain?.link(lines, now: now) ?? lines
            state.byteCount += output.count
            if !output.isEmpty { state.begun = state.begun ?? now }
            return output
        }
    }

    /// A last checkpoint, when no further line is expected.
    func closing() -> [UInt8] {
        state.withLock { $0.chain?.checkpoint(now: now()) ?? [] }
    }

    /// How long the writer may wait for lines before it asks for ``outgoing(_:)`` of none; `nil` for ever.
    var patience: Duration? {
        state.withLock { $0.chain?.isUncovered == true ? AuditChain.checkpointInterval : nil }
    }

    /// Continues in a file that was opened under the trail's name.
    func adoptFile() {
        state.withLock { state in
            guard state.chain != nil else { return }
            state.chain?.beginFile()
            adopt(&state)
        }
    }

    /// Renames a full file and returns another in its place; `nil` while the present one is to be used.
    func successor() -> AppendingFile? {
        state.withLock { state in
            let now = now()
            guard isFull(state, now), state.nextRotation.map({ $0 <= now }) ?? true else { return nil }
            state.nextRotation = now + .seconds(60)
            let target = directory + "/" + AuditFiles.rotatedName(now)
            do {
                let file = try beginFile(leaving: target)
                state.nextRotation = nil
                state.chain?.beginFile()
                adopt(&state)
                prune()
                return file
            } catch {
                report("the audit trail was not rotated: \(error)")
                return nil
            }
        }
    }

    /// Renames the present file, and opens another under its name.
    ///
    /// - Throws: The error, after which the present file has its name again: the next attempt must find it.
    private func beginFile(leaving target: String) throws -> AppendingFile {
        // Refuses to replace a file.
        try FileManager.default.moveItem(atPath: path, toPath: target)
        do throws(FileSystemError) {
            return try open(path)
        } catch {
            do { try FileManager.default.moveItem(atPath: target, toPath: path) } catch {
                report("the file of the audit trail that is written remains \(target): \(error)")
            }
            throw error
        }
    }

    private func isFull(_ state: State, _ now: Timestamp) -> Bool {
        guard state.byteCount > 0 else { return false }
        if let most = rotation.byteCountMax, state.byteCount >= most { return true }
        if let most = rotation.ageMax, let begun = state.begun, now - begun >= most { return true }
        return false
    }

    /// Starts behind what the file has; returns the newline that a torn last line lacks.
    private func begin(_ state: inout State) -> [UInt8] {
        var tail = AuditFiles.Tail()
        do {
            tail = try AuditFiles.tail(path)
            if tail.lastLine == nil, let earlier = AuditFiles.predecessor(in: directory) {
                tail.lastLine = try AuditFiles.tail(earlier).lastLine
            }
        } catch {
            report("the audit trail's chain begins anew, because its end cannot be read: \(error)")
        }
        state.chain = AuditChain(after: tail.lastLine, key: state.key)
        state.byteCount = tail.byteCount
        state.begun = tail.firstTime
        return tail.isTorn ? [UInt8(ascii: "\n")] : []
    }

    private func adopt(_ state: inout State) {
        // An unreadable file counts as empty: it is full later than it should be.
        let tail = (try? AuditFiles.tail(path)) ?? AuditFiles.Tail()
        state.byteCount = tail.byteCount
        state.begun = tail.firstTime
    }

    private func prune() {
        guard let kept = rotation.keptCount else { return }
        for path in AuditFiles.rotated(in: directory).dropLast(kept) {
            do { try FileManager.default.removeItem(atPath: path) } catch {
                report("a file of the audit trail was not removed: \(error)")
            }
        }
    }
}
