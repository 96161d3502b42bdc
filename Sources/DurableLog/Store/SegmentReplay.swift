/// Returns the records of one segment that recovery needs; the plan has checked them.
struct SegmentReplay {
    private var reader: SegmentReader?
    private let firstNumber: UInt64
    private let endNumber: UInt64

    /// Reads the segment.
    ///
    /// - Parameters:
    ///   - step: The segment, and the number up to which it is the authority.
    ///   - firstNumber: The number of the first record that the snapshot does not contain.
    ///   - directory: The directory of the segment.
    ///   - key: The storage key.
    /// - Throws: The disk's error, or `damaged` for a header that has changed since.
    init(
        _ step: RecoveryPlan.SegmentStep,
        from firstNumber: UInt64,
        in directory: StorageDirectory,
        key: StorageKey
    ) throws(StorageError) {
        self.firstNumber = firstNumber
        endNumber = step.endNumber
        do {
            let file = try directory.fileSystem.openFile(directory.path(of: step.name))
            let bytes = try file.read(Int(try file.size()), at: 0)
            reader = try SegmentReader(segment: bytes, key: key, file: step.name)
        } catch {
            throw StorageError(error)
        }
    }

    /// The next record; nil after the last.
    mutating func next() -> SegmentReader.StoredRecord? {
        while let number = reader?.nextNumber, number < endNumber, let step = reader?.next() {
            switch step {
            case .record(let record):
                if record.sequenceNumber >= firstNumber { return record }
            case .end:
                reader = nil
            case .torn, .damage:
                // The plan has accepted this; otherwise it would have thrown.
                if reader?.skipDamage() != true { reader = nil }
            }
        }
        reader = nil
        return nil
    }
}
