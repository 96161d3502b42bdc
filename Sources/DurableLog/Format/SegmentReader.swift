/// Reads the records of one journal segment, and classifies the first bytes that are not a record.
struct SegmentReader {
    enum Step {
        case record(StoredRecord)
        /// Nothing but zeros, or the end of the file.
        case end
        /// Bytes that a crash left incomplete; no acknowledged record is here or after this place.
        case torn
        /// Bytes that had been written completely and have changed since.
        case damage(String)
    }

    /// A record as it is in the segment.
    struct StoredRecord {
        let sequenceNumber: UInt64
        let synchronizedNumber: UInt64
        let bytes: [UInt8]
    }

    let header: FileHeader
    /// Where the next record begins.
    private(set) var offset = FileHeader.byteCount
    /// The number that the next record must have.
    private(set) var nextNumber: UInt64

    private let bytes: [UInt8]
    private let seal: FileSeal
    /// The last byte that is not zero; nothing was written after it.
    private let lastWritten: Int

    /// Starts at the first record of a segment, given whole.
    init(segment bytes: [UInt8], key: StorageKey, file: String) throws(StorageError) {
        self.bytes = bytes
        lastWritten = bytes.lastIndex { $0 != 0 } ?? -1
        (header, seal) = try FileHeader.decode(
            Array(bytes.prefix(FileHeader.byteCount)),
            as: .journalSegment,
            key: key,
            file: file
        )
        nextNumber = header.position + 1
    }

    /// The next record, or why there is none.
    mutating func next() -> Step {
        guard lastWritten >= offset else { return .end }
        if let frame = RecordFrame(in: bytes, at: offset) {
            guard let record = frame.record(in: bytes, at: offset, seal: seal) else {
                return failure(extent: frame.byteCount, "a record's seal does not match")
            }
            // Authentic and out of order: someone rearranged the file.
            guard frame.sequenceNumber == nextNumber else {
                return .damage("record \(frame.sequenceNumber) is in the place of record \(nextNumber)")
            }
            offset += frame.byteCount
            nextNumber += 1
            return .record(
                StoredRecord(
                    sequenceNumber: frame.sequenceNumber,
                    synchronizedNumber: frame.synchronizedNumber,
                    bytes: record
                )
            )
        }
        return failure(extent: RecordFrame.headerByteCount, "a record's frame does not match its checksum")
    }

    /// Skips damage up to the next authentic record with a higher number; false if there is none.
    mutating func skipDamage() -> Bool {
        guard let found = nextAuthentic(from: offset, where: { $0.sequenceNumber >= nextNumber }) else {
            offset = bytes.count
            return false
        }
        offset = found.offset
        nextNumber = found.frame.sequenceNumber
        return true
    }

    /// Distinguishes a torn end from damage.
    private func failure(extent: Int, _ detail: String) -> Step {
        // A later record that knows this one to be on the disk: it had been acknowledged.
        if nextAuthentic(from: offset + 1, where: { $0.synchronizedNumber >= nextNumber }) != nil {
            return .damage(detail)
        }
        return isPartlyUnwritten(offset..<(offset + extent)) ? .torn : .damage(detail)
    }

    /// Whether some sector of the extent never reached the disk.
    private func isPartlyUnwritten(_ extent: Range<Int>) -> Bool {
        // The file ends, or only zeros follow, before the extent does: the mark at its end was never written.
        if lastWritten < extent.upperBound - 1 { return true }
        var start = extent.lowerBound
        while start < extent.upperBound {
            let end = min((start / Self.sectorByteCount + 1) * Self.sectorByteCount, extent.upperBound)
            if bytes[start..<end].allSatisfy({ $0 == 0 }) { return true }
            start = end
        }
        return false
    }

    private func nextAuthentic(
        from start: Int,
        where condition: (RecordFrame) -> Bool
    ) -> (offset: Int, frame: RecordFrame)? {
        var index = start
        while index + RecordFrame.headerByteCount <= bytes.count {
            if bytes[index] == 0x47, let frame = RecordFrame(in: bytes, at: index), condition(frame),
                frame.record(in: bytes, at: index, seal: seal) != nil
            {
                return (index, frame)
            }
            index += 1
        }
        return nil
    }

    /// The unit that a disk writes completely or not at all.
    private static let sectorByteCount = 512
}
