/// Which snapshots there are, and whether one is being written.
struct SnapshotHistory: Sendable {
    /// Oldest first.
    private(set) var kept: [SnapshotDescription]
    private var lastNumber: UInt64
    private var isWriting = false

    init(kept: [SnapshotDescription]) {
        self.kept = kept
        lastNumber = kept.last?.number ?? 0
    }

    /// The number of a snapshot that may be written now; nil while another one is.
    mutating func begin() -> UInt64? {
        guard !isWriting else { return nil }
        isWriting = true
        // Counted up by failed attempts too: a number is used once.
        lastNumber += 1
        return lastNumber
    }

    /// Notes the outcome; nil if it failed.
    mutating func end(_ written: SnapshotDescription?) {
        isWriting = false
        if let written { kept.append(written) }
    }

    /// Takes out the snapshots beyond a count, oldest first.
    mutating func takeSuperseded(keeping count: Int) -> [SnapshotDescription] {
        let superseded = Array(kept.dropLast(count))
        kept.removeFirst(superseded.count)
        return superseded
    }
}
