/// The settings of a store.
package struct StorageOptions: Sendable {
    /// How the journal works.
    package var journal: JournalOptions
    /// How many snapshots are kept; the journal is kept from the oldest of them on.
    package var snapshotCountMax: Int
    /// zlib's level, 1 to 9.
    package var compressionLevel: Int32
    /// After how many bytes of a snapshot they are synced.
    package var snapshotSynchronizeByteCount = 1 << 20
    /// How many threads deflate a snapshot.
    package var snapshotThreadCount = 2
    /// The names of files whose damage the operator accepts for this start, with the loss that it causes.
    package var acceptedLosses: Set<String>
    /// The names of files beside the data that only a running server fills: one with content shows that there was data.
    package var companions: Set<String>

    /// The options of a server.
    package init(
        journal: JournalOptions = JournalOptions(),
        snapshotCountMax: Int = 2,
        compressionLevel: Int32 = 1,
        acceptedLosses: Set<String> = [],
        companions: Set<String> = []
    ) {
        self.journal = journal
        self.snapshotCountMax = max(1, snapshotCountMax)
        self.compressionLevel = compressionLevel
        self.acceptedLosses = acceptedLosses
        self.companions = companions
    }
}
