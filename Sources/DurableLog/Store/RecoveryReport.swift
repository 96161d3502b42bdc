/// What was found when the storage was opened, as the log and `gatehouse snapshot verify` report it.
package struct RecoveryReport: Equatable, Sendable {
    /// The snapshot that the state comes from; nil if it comes from the journal alone.
    package internal(set) var snapshot: SnapshotDescription?
    /// The position after the last record.
    package internal(set) var lastPosition = JournalPosition.beginning
    /// How many records follow the snapshot.
    package internal(set) var recordCount = 0
    /// Where a crash left an incomplete record, which was never acknowledged and is ignored.
    package internal(set) var tornTail: Damage?
    /// Damage that costs nothing, because a snapshot or the journal contains what the damaged place had.
    package internal(set) var toleratedDamage: [Damage] = []
    /// The numbers of records whose loss was accepted.
    package internal(set) var lostRecords: [ClosedRange<UInt64>] = []
    /// Whether an unknown number of records after the last readable one was lost, with the operator's consent.
    package internal(set) var hasLostEnd = false
    /// Whether the directory was empty.
    package internal(set) var isNew = false
    /// Whether a key was created because none was configured.
    package internal(set) var createdKey = false
    /// Remains of an interrupted write that were removed.
    package internal(set) var removedTemporaryFiles: [String] = []

    /// When the state was restored from a backup, in seconds since 1970; nil if it never was.
    package internal(set) var restorationSeconds: Int64?

    /// Whether records that were acknowledged are missing, with the operator's consent.
    package var hasLoss: Bool { !lostRecords.isEmpty || hasLostEnd }

    /// Whether the damage would affect the next start too, until a new snapshot has been written.
    package var requiresSnapshot: Bool { !lostRecords.isEmpty || hasLostEnd || !toleratedDamage.isEmpty }
}
