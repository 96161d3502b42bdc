package import DurableLog
import Synchronization

/// A journal that takes changes or fails, as a test decides: a full disk, a disk that recovers.
package final class ScriptedJournal: ChangeJournal {
    private struct State {
        var records: [[UInt8]] = []
        var isAvailable = true
        var refusesToWait = false
    }

    private let state = Mutex(State())

    /// A journal that works.
    package init() {}

    /// Whether changes are taken; while not, they must be refused before they are made.
    package var isAvailable: Bool {
        get { state.withLock { $0.isAvailable } }
        set { state.withLock { $0.isAvailable = newValue } }
    }

    /// Whether the disk fails just after a change was made, so that waiting for it throws.
    package var refusesToWait: Bool {
        get { state.withLock { $0.refusesToWait } }
        set { state.withLock { $0.refusesToWait = newValue } }
    }

    /// Every change so far, in order.
    package var records: [[UInt8]] { state.withLock { $0.records } }

    package func append(_ record: [UInt8]) -> JournalPosition {
        state.withLock { state in
            state.records.append(record)
            return JournalPosition(sequenceNumber: UInt64(state.records.count))
        }
    }

    package func waitUntilDurable(_ position: JournalPosition) async throws(JournalError) {
        let fails = state.withLock { $0.refusesToWait || !$0.isAvailable }
        if fails { throw .unavailable }
    }

    package var lastPosition: JournalPosition {
        JournalPosition(sequenceNumber: UInt64(records.count))
    }
}
