/// The existing snapshots, and whether one is being written.
struct SnapshotHistory: Sendable {
    /// The snapshots, oldest first.
    private(set) var kept: [SnapshotDescription]
    private var lastNumber: UInt64
    private var isWriting = false

    init(kept: [SnapshotDescription]) {
        self.kept = kept
        lastNumber = kept.last?.number ?? 0
    }

    /// The number for a snapshot that may be written now; nil while another one is being written.
    mutating func begin() -> UInt64? {
        guard !isWriting else { return nil }
        isWriting = true
        // Failed attempts count too: a number is used once.
        lastNumber += 1
        return lastNumber
    }

    /// Records the result; nil if the attempt failed.
    mutating func end(_ written: SnapshotDescription?) {
        isWriting = false
        if let written { kept.append(written) }
    }

    /// Removes and returns the snapshots beyond a count, oldest first.
    mutating func takeSuperseded(keeping count: Int) -> [SnapshotDescription] {
        let superseded = Array(kept.dropLast(count))
        kept.removeFirst(superseded.count)
        return superseded
    }
}
