import Synchronization

/// A journal for a server that keeps its state in memory only: it counts the changes and stores none of them.
package struct VolatileJournal: ChangeJournal {
    private final class Counter: Sendable {
        let value = Atomic<UInt64>(0)
    }

    private let counter = Counter()

    /// An empty journal.
    package init() {}

    /// Counts the record.
    package func append(_ record: [UInt8]) -> JournalPosition {
        JournalPosition(sequenceNumber: counter.value.add(1, ordering: .relaxed).newValue)
    }

    /// Returns at once: nothing beyond memory was promised.
    package func waitUntilDurable(_ position: JournalPosition) async throws(JournalError) {}

    /// Always true: nothing here outlives the process, so there is nothing to wait for.
    package func isDurable(_ position: JournalPosition) -> Bool { true }

    /// How many records were appended.
    package var lastPosition: JournalPosition {
        JournalPosition(sequenceNumber: counter.value.load(ordering: .relaxed))
    }

    /// Always true: memory does not fail.
    package var isAvailable: Bool { true }
}
