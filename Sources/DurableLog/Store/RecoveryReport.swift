/// What was found when the storage was opened, for the log and for `gatehouse snapshot verify`.
package struct RecoveryReport: Equatable, Sendable {
    /// The snapshot that the state comes from; nil if the journal alone tells all of it.
    package internal(set) var snapshot: SnapshotDescription?
    /// The position behind the last record.
    package internal(set) var lastPosition = JournalPosition.beginning
    /// How many records follow the snapshot.
    package internal(set) var recordCount = 0
    /// Where a crash left a half-written record, which was never acknowledged and is left out.
    package internal(set) var tornTail: Damage?
    /// Damage that costs nothing, because a snapshot or the journal has what the damaged place had.
    package internal(set) var toleratedDamage: [Damage] = []
    /// The numbers of records whose loss was accepted.
    package internal(set) var lostRecords: [ClosedRange<UInt64>] = []
    /// Whether records of unknown number were lost, with the operator's consent, behind the last one that was read.
    package internal(set) var hasLostEnd = false
    /// Whether the directory held nothing.
    package internal(set) var isNew = false
    /// Whether a key was made, because none was configured.
    package internal(set) var createdKey = false
    /// What an interrupted write had left and was removed.
    package internal(set) var removedTemporaryFiles: [String] = []

    /// Whether the damage would stop or trouble the next start too, until a new snapshot has been written.
    package var requiresSnapshot: Bool { !lostRecords.isEmpty || hasLostEnd || !toleratedDamage.isEmpty }
}
