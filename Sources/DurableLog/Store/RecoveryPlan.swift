/// What recovery will read, once everything has been checked; nothing is returned before that.
struct RecoveryPlan {
    /// A segment, and the number of the first record for which a later one is the authority.
    struct SegmentStep {
        let name: String
        let endNumber: UInt64
    }

    var report = RecoveryReport()
    /// The number of the first record to replay.
    var firstNumber: UInt64 = 1
    var steps: [SegmentStep] = []
    /// The segments in the directory, oldest first.
    var segments: [JournalQueue.SegmentStart] = []
    /// The snapshots that can be read, oldest first.
    var snapshots: [SnapshotDescription] = []
    /// The files that no longer count as snapshots.
    var damagedSnapshots: [String] = []
    /// Records that were read from the newest segment and perhaps never synced: the new segment repeats them.
    var carried: [PendingRecord] = []
    /// The offset at which the newest segment's last record ends.
    var newestSegmentEnd: UInt64?

    var lastNumber: UInt64 { report.lastPosition.sequenceNumber }
}
