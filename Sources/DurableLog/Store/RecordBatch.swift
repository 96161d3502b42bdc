/// Records that were read together, in order, as ranges of the bytes that contained them.
package struct RecordBatch: Sendable {
    /// The bytes that the ranges refer to; they may contain more than the records.
    package let bytes: [UInt8]
    /// The range of each record.
    package let records: [Range<Int>]

    /// Records that lie in these bytes.
    package init(bytes: [UInt8], records: [Range<Int>]) {
        self.bytes = bytes
        self.records = records
    }

    /// About how many bytes of records form a batch.
    static let byteCount = SnapshotFrame.contentByteCount
}

/// Cuts the content of a snapshot, which arrives in pieces, into batches of its chunks.
///
/// Chunks may span pieces: the rest of one piece is joined to the next.
struct ChunkCutter {
    private var rest: [UInt8] = []

    /// Whether the content would end within an item if no more followed.
    var isWithinItem: Bool { !rest.isEmpty }

    /// The chunks that the next piece completes; nil if the content is not a sequence of sections and chunks.
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
