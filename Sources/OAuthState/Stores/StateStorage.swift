package import DurableLog
package import OAuthProtocol

/// A place that keeps a server's state: its stores, and what is done with the place as a whole.
package protocol StateStorage: Sendable {
    /// The stores.
    var stores: Stores { get }
    /// Whether a snapshot is due at once, because the start tolerated damage that a whole snapshot replaces.
    var requiresSnapshot: Bool { get }
    /// Whether nothing can be acknowledged before a snapshot is written, because the journal could not take a change.
    var awaitsSnapshot: Bool { get }
    /// Writes everything that is known, where the place works with snapshots; elsewhere nothing.
    func writeSnapshot(now: Timestamp) async throws
    /// Ends the place's work; everything that was acknowledged holds afterwards.
    func close() async throws
}

/// The state of a single node: in memory, with a journal and snapshots where there is a directory.
package struct MemoryStorage: StateStorage {
    /// The actors, for tests and benchmarks that look inside.
    package let memory: MemoryStores
    private let directory: DurableStore?

    /// Rebuilds the state from a storage directory, or begins empty over a journal.
    ///
    /// - Parameters:
    ///   - settings: The stores' bounds and policies.
    ///   - directory: The storage directory; `nil` for none.
    ///   - journal: Where changes go without a directory.
    ///   - observing: Makes the journal that the stores write to of the one that keeps their changes.
    /// - Throws: ``StorageError`` when the storage cannot be read, ``RecordError`` when a record is of no known form.
    package init(
        _ settings: StoreSettings,
        directory: DurableStore?,
        journal: any ChangeJournal,
        observing: (any ChangeJournal) -> any ChangeJournal = { $0 }
    ) async throws {
        memory = MemoryStores(settings, journal: observing(directory?.journal ?? journal))
        self.directory = directory
        if let directory { try await memory.recover(from: directory) }
    }

    package var stores: Stores { memory.stores }

    package var requiresSnapshot: Bool { directory?.recovery.requiresSnapshot ?? false }

    package var awaitsSnapshot: Bool { directory?.journal.requiresSnapshot ?? false }

    package func writeSnapshot(now: Timestamp) async throws {
        guard let directory else { return }
        try await memory.writeSnapshot(to: directory, now: now)
    }

    package func close() async throws {
        try await directory?.close()
    }
}
