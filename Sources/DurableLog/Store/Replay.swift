/// A piece of the stored state, in the order in which the state is rebuilt.
package enum RecoveredItem: Equatable, Sendable {
    /// A section of the snapshot begins; it contains the effect of every record up to the position.
    case section(id: UInt32, position: JournalPosition)
    /// A chunk of the current section.
    case chunk([UInt8])
    /// A record after the snapshot's position; sections that were captured later contain it already.
    case record(JournalPosition, [UInt8])
}

/// Returns the stored state, all of which was checked before: the sections of the snapshot, then the records.
package struct Replay {
    private let directory: StorageDirectory
    private let key: StorageKey
    private let firstNumber: UInt64
    private var steps: ArraySlice<RecoveryPlan.SegmentStep>
    private var snapshot: SnapshotReader?
    private var segment: SegmentReplay?

    init(_ plan: RecoveryPlan, directory: StorageDirectory, key: StorageKey) throws(StorageError) {
        self.directory = directory
        self.key = key
        firstNumber = plan.firstNumber
        steps = plan.steps[...]
        if let name = plan.report.snapshot?.file {
            snapshot = try SnapshotReader(
                path: directory.path(of: name),
                name: name,
                key: key,
                fileSystem: directory.fileSystem
            )
        }
    }

    /// The next piece; nil when the state is complete.
    package mutating func next() throws(StorageError) -> RecoveredItem? {
        if let item = try snapshot?.nextItem() {
            switch item {
            case .section(let id, let position): return .section(id: id, position: position)
            case .chunk(let bytes): return .chunk(bytes)
            }
        }
        snapshot = nil
        while true {
            if let record = segment?.next() {
                return .record(JournalPosition(sequenceNumber: record.sequenceNumber), record.bytes)
            }
            guard let step = steps.popFirst() else { return nil }
            segment = try SegmentReplay(step, from: firstNumber, in: directory, key: key)
        }
    }
}
