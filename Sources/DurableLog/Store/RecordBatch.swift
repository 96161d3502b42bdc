/// Records that were read together, in their order, in the bytes that they came in.
package struct RecordBatch: Sendable {
    /// What the records are ranges of; it may have more than them.
    package let bytes: [UInt8]
    /// Where each record lies.
    package let records: [Range<Int>]

    /// Records that lie in these bytes.
    package init(bytes: [UInt8], records: [Range<Int>]) {
        self.bytes = bytes
        self.records = records
    }

    /// How many bytes of records are put together, about.
    static let byteCount = SnapshotFrame.contentByteCount
}

/// Cuts the content of a snapshot, which comes in pieces, into batches of its chunks.
///
/// Chunks keep no boundaries of pieces: the rest of one is joined to the next.
struct ChunkCutter {
    private var rest: [UInt8] = []

    /// Whether the content ends within an item, if it ends here.
    var isWithinItem: Bool { !rest.isEmpty }

    /// The chunks that the next piece completes; nil if that is no sequence of sections and chunks.
    mutating func batch(of piece: [UInt8]) -> RecordBatch? {
        let bytes = rest.isEmpty ? piece : rest + piece
        var records: [Range<Int>] = []
        var index = 0
        scan: while true {
            switch SnapshotItem.measure(bytes, at: index) {
            case .section:
                index += SnapshotItem.sectionByteCount
            case .chunk(let range):
                records.append(range)
                index = range.upperBound
            case .incomplete:
                break scan
            case .invalid:
                return nil
            }
        }
        rest = Array(bytes[index...])
        return RecordBatch(bytes: bytes, records: records)
    }
}
