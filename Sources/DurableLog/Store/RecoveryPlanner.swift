/// Reads and checks everything that recovery depends on, changes nothing, and decides.
///
/// Recovery reads the newest whole snapshot, then every record after it, without a gap. A torn end of the newest
/// segment is ignored. Anything else that is missing stops the start, unless the operator accepted the loss of its
/// file.
struct RecoveryPlanner {
    private let directory: StorageDirectory
    private let key: StorageKey
    private let acceptedLosses: Set<String>

    private var plan = RecoveryPlan()
    private var damagedSnapshots: [DamagedSnapshot] = []

    private struct DamagedSnapshot {
        let damage: Damage
        /// Nil if the header itself is damaged.
        let position: UInt64?
    }

    private struct Segment {
        let name: String
        let number: UInt64
        let firstNumber: UInt64
    }

    /// Whether the whole segment was given up: its neighbours show the gap that it leaves.
    private var acceptsMissingSegments = false
    /// The number of the next record that is needed.
    private var expected: UInt64 = 1

    private init(directory: StorageDirectory, key: StorageKey, acceptedLosses: Set<String>) {
        self.directory = directory
        self.key = key
        self.acceptedLosses = acceptedLosses
    }

    /// Plans the recovery of a directory.
    ///
    /// - Throws: `damaged` with the place that stops the start, or `wrongKey`.
    static func plan(
        _ directory: StorageDirectory,
        contents: StorageDirectory.Contents,
        key: StorageKey,
        acceptedLosses: Set<String>
    ) throws(StorageError) -> RecoveryPlan {
        var planner = RecoveryPlanner(directory: directory, key: key, acceptedLosses: acceptedLosses)
        planner.plan.report.isNew = !contents.hasData
        try planner.chooseSnapshot(contents.snapshots)
        let segments = try planner.readSegmentHeaders(contents.segments)
        try planner.readSegments(segments)
        try planner.checkDamagedSnapshots(hasSegments: !contents.segments.isEmpty)
        if planner.acceptsMissingSegments { planner.plan.report.hasLostEnd = true }
        planner.plan.report.lastPosition = JournalPosition(sequenceNumber: planner.expected - 1)
        return planner.plan
    }

    // MARK: Snapshots

    private mutating func chooseSnapshot(_ numbers: [UInt64]) throws(StorageError) {
        for number in numbers.reversed() {
            let name = StorageDirectory.snapshotName(number)
            var position: UInt64?
            do {
                var reader = try SnapshotReader(
                    path: directory.path(of: name),
                    name: name,
                    key: key,
                    fileSystem: directory.fileSystem
                )
                guard reader.header.number == number else {
                    throw StorageError.damaged(Damage(file: name, offset: 52, detail: "it belongs to another snapshot"))
                }
                position = reader.header.position
                // Older ones are read in full only if they are needed.
                if plan.report.snapshot == nil {
                    try reader.authenticate()
                    plan.report.snapshot = reader.description
                }
                plan.snapshots.insert(reader.description, at: 0)
            } catch StorageError.damaged(let damage) {
                plan.damagedSnapshots.append(name)
                plan.report.toleratedDamage.append(damage)
                if plan.report.snapshot == nil {
                    damagedSnapshots.append(DamagedSnapshot(damage: damage, position: position))
                }
            } catch {
                throw StorageError(error)
            }
        }
        expected = (plan.report.snapshot?.position.sequenceNumber ?? 0) + 1
        plan.firstNumber = expected
    }

    /// A damaged snapshot costs nothing only if an older one and the journal contain everything that it contained.
    private func checkDamagedSnapshots(hasSegments: Bool) throws(StorageError) {
        for snapshot in damagedSnapshots where !acceptedLosses.contains(snapshot.damage.file) {
            let isCovered = snapshot.position.map { $0 < expected } ?? hasSegments
            guard isCovered, hasSegments else { throw .damaged(snapshot.damage) }
        }
    }

    // MARK: Segments

    private mutating func readSegmentHeaders(_ numbers: [UInt64]) throws(StorageError) -> [Segment] {
        var segments: [Segment] = []
        // Damage in a header matters unless a later segment begins where the snapshot ends.
        var damaged: [Damage] = []
        for number in numbers {
            let name = StorageDirectory.segmentName(number)
            do {
                let file = try directory.fileSystem.openFile(directory.path(of: name))
                let bytes = try file.read(FileHeader.byteCount, at: 0)
                let header = try FileHeader.decode(bytes, as: .journalSegment, key: key, file: name).header
                guard header.number == number else {
                    throw Damage(file: name, offset: 52, detail: "it belongs to another segment")
                }
                guard header.position + 1 >= segments.last?.firstNumber ?? 1 else {
                    throw Damage(file: name, offset: 60, detail: "it begins before the segment that precedes it")
                }
                segments.append(Segment(name: name, number: number, firstNumber: header.position + 1))
                if header.position < expected {
                    plan.report.toleratedDamage += damaged
                    damaged = []
                }
            } catch let error {
                guard case .damaged(let damage) = StorageError(error) else { throw StorageError(error) }
                if acceptedLosses.contains(name) {
                    plan.report.toleratedDamage.append(damage)
                    acceptsMissingSegments = true
                } else {
                    damaged.append(damage)
                }
            }
        }
        if let damage = damaged.first { throw .damaged(damage) }
        plan.segments = segments.map { JournalQueue.SegmentStart(number: $0.number, firstNumber: $0.firstNumber) }
        return segments
    }

    private mutating func readSegments(_ segments: [Segment]) throws(StorageError) {
        for (index, segment) in segments.enumerated() {
            let next = index + 1 < segments.count ? segments[index + 1].firstNumber : nil
            // A later segment is the authority for everything that is still to be read.
            if let next, next <= expected { continue }
            if segment.firstNumber > expected {
                let detail = "records \(expected) to \(segment.firstNumber - 1), which precede it, are missing"
                try lose(
                    expected..<segment.firstNumber,
                    Damage(file: segment.name, offset: 0, detail: detail),
                    followsDamagedSnapshot: plan.steps.isEmpty
                )
            }
            try read(segment, until: next)
        }
        // With a policy that syncs rarely the journal may end before the snapshot; then no records need to be repeated.
        if let last = plan.carried.last, last.sequenceNumber + 1 < expected { plan.carried = [] }
    }

    private mutating func read(_ segment: Segment, until next: UInt64?) throws(StorageError) {
        var reader: SegmentReader
        do {
            let file = try directory.fileSystem.openFile(directory.path(of: segment.name))
            let bytes = try file.read(Int(try file.size()), at: 0)
            reader = try SegmentReader(segment: bytes, key: key, file: segment.name)
        } catch {
            throw StorageError(error)
        }
        scan: while next.map({ reader.nextNumber < $0 }) ?? true {
            let place = reader.offset
            let missing = reader.nextNumber
            func damage(_ detail: String) -> Damage {
                Damage(file: segment.name, offset: UInt64(place), detail: detail)
            }
            switch reader.next() {
            case .record(let record):
                note(record, isNewest: next == nil)
            case .end:
                guard let next else { break scan }
                try lose(missing..<next, damage("it ends before record \(missing)"))
                break scan
            case .torn where next == nil:
                plan.report.tornTail = damage("record \(missing) was not written to its end")
                break scan
            case .torn:
                try skip(&reader, missing, until: next, damage("record \(missing) is not whole"))
            case .damage(let detail):
                try skip(&reader, missing, until: next, damage(detail))
            }
        }
        plan.newestSegmentEnd = UInt64(reader.offset)
        let end = next ?? reader.nextNumber
        guard end > segment.firstNumber else { return }
        plan.steps.append(RecoveryPlan.SegmentStep(name: segment.name, endNumber: end))
    }

    private mutating func note(_ record: SegmentReader.StoredRecord, isNewest: Bool) {
        if record.sequenceNumber >= expected {
            expected = record.sequenceNumber + 1
            plan.report.recordCount += 1
        }
        guard isNewest else { return }
        if let first = plan.carried.first, first.sequenceNumber <= record.synchronizedNumber {
            plan.carried.removeAll { $0.sequenceNumber <= record.synchronizedNumber }
        }
        plan.carried.append(PendingRecord(sequenceNumber: record.sequenceNumber, bytes: record.bytes))
    }

    private mutating func skip(
        _ reader: inout SegmentReader,
        _ missing: UInt64,
        until next: UInt64?,
        _ damage: Damage
    ) throws(StorageError) {
        if reader.skipDamage() {
            // Nothing is missing, and still the file is not as it was written: someone inserted data.
            if reader.nextNumber == missing, !acceptedLosses.contains(damage.file) { throw .damaged(damage) }
            try lose(missing..<min(reader.nextNumber, next ?? .max), damage)
        } else if let next {
            try lose(missing..<next, damage)
        } else {
            // The number of records after the damage is unknown.
            guard acceptedLosses.contains(damage.file) else { throw .damaged(damage) }
            plan.report.hasLostEnd = true
        }
        plan.carried = []
    }

    /// Handles unreadable records: irrelevant if the snapshot contains them, otherwise an error or an accepted loss.
    private mutating func lose(
        _ numbers: Range<UInt64>,
        _ damage: Damage,
        followsDamagedSnapshot: Bool = false
    ) throws(StorageError) {
        plan.report.toleratedDamage.append(damage)
        let lost = max(numbers.lowerBound, expected)..<max(numbers.upperBound, expected)
        guard !lost.isEmpty else { return }
        if !acceptedLosses.contains(damage.file), !acceptsMissingSegments {
            guard followsDamagedSnapshot, let snapshot = damagedSnapshots.first else { throw .damaged(damage) }
            // The missing records were in the snapshot, so it is the file to name.
            guard acceptedLosses.contains(snapshot.damage.file) else { throw .damaged(snapshot.damage) }
        }
        plan.report.lostRecords.append(lost.lowerBound...(lost.upperBound - 1))
        expected = lost.upperBound
    }
}
