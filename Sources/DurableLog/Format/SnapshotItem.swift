/// The inflated content of a snapshot: a sequence of sections, each a sequence of chunks.
///
/// Layout, big-endian: kind 1 (1: a section begins, 2: a chunk); a section then has its id 4 and its position 8, a
/// chunk its length 4 and its bytes.
package enum SnapshotItem: Equatable, Sendable {
    /// A section begins; it contains the effect of every record up to the position.
    case section(id: UInt32, position: JournalPosition)
    /// A piece of the current section, as it was written.
    case chunk([UInt8])

    /// The largest chunk.
    package static let chunkByteCountMax = 16 << 20

    static let sectionByteCount = 13
    static let chunkHeaderByteCount = 5

    func append(to bytes: inout [UInt8]) {
        switch self {
        case .section(let id, let position):
            bytes.append(1)
            bytes.append(bigEndian: id)
            bytes.append(bigEndian: position.sequenceNumber)
        case .chunk(let chunk):
            bytes.append(2)
            bytes.append(bigEndian: UInt32(chunk.count))
            bytes += chunk
        }
    }

    enum Parsed: Equatable {
        case item(SnapshotItem, byteCount: Int)
        case incomplete
        case invalid
    }

    /// Reads the item that begins at an index.
    static func parse(_ bytes: [UInt8], at index: Int) -> Parsed {
        switch measure(bytes, at: index) {
        case .section(let id, let position):
            .item(.section(id: id, position: position), byteCount: sectionByteCount)
        case .chunk(let range):
            .item(.chunk(Array(bytes[range])), byteCount: range.upperBound - index)
        case .incomplete: .incomplete
        case .invalid: .invalid
        }
    }

    /// An item located in a buffer.
    enum Measured {
        case section(id: UInt32, position: JournalPosition)
        case chunk(Range<Int>)
        case incomplete
        case invalid
    }

    /// The kind of the item at an index and the range of its bytes, without copying them.
    static func measure(_ bytes: [UInt8], at index: Int) -> Measured {
        guard index < bytes.count else { return .incomplete }
        switch bytes[index] {
        case 1:
            guard
                let id = bytes.number(UInt32.self, at: index + 1),
                let number = bytes.number(UInt64.self, at: index + 5)
            else { return .incomplete }
            return .section(id: id, position: JournalPosition(sequenceNumber: number))
        case 2:
            guard let length = bytes.number(UInt32.self, at: index + 1) else { return .incomplete }
            guard length <= chunkByteCountMax else { return .invalid }
            let start = index + chunkHeaderByteCount
            guard bytes.count - start >= Int(length) else { return .incomplete }
            return .chunk(start..<(start + Int(length)))
        default:
            return .invalid
        }
    }
}
