internal import OpenSSLCrypto

/// One record in a journal segment.
///
/// Layout, big-endian: `GREC` 4 ‖ length of the sealed record 4 ‖ sequence number 8 ‖ number of the last record known
/// to be on the disk when this one was written 8 ‖ CRC-32 of the preceding bytes 4 ‖ sealed record ‖ end mark 1.
///
/// Both marks are not zero and a segment is allocated as zeros. A sector of the frame that never reached the disk can
/// therefore be distinguished from one that reached it and changed since: the first is the torn end of a crash, the
/// second is damage. The number of the last safe record proves that an unreadable record before it had been
/// acknowledged.
struct RecordFrame {
    static let headerByteCount = 28
    static let overheadByteCount = headerByteCount + AES256GCMKey.tagByteCount + 1
    static let endMark: UInt8 = 0xA5
    /// The largest record; a longer length in a frame is damage.
    static let recordByteCountMax = 16 << 20

    private static let startMark = Array("GREC".utf8)

    /// The length of the sealed record.
    let sealedByteCount: Int
    let sequenceNumber: UInt64
    let synchronizedNumber: UInt64

    var byteCount: Int { Self.headerByteCount + sealedByteCount + 1 }

    /// Appends the frame of a record to the bytes of the next write.
    static func append(
        _ record: [UInt8],
        sequenceNumber: UInt64,
        synchronizedNumber: UInt64,
        seal: FileSeal,
        to bytes: inout [UInt8]
    ) throws(CryptoError) {
        let start = bytes.count
        bytes += startMark
        bytes.append(bigEndian: UInt32(record.count + AES256GCMKey.tagByteCount))
        bytes.append(bigEndian: sequenceNumber)
        bytes.append(bigEndian: synchronizedNumber)
        bytes.append(bigEndian: checksum(of: bytes[start...]))
        bytes += try seal.seal(record, counter: sequenceNumber, tag: 0, frameHeader: bytes[start...])
        bytes.append(endMark)
    }

    /// Reads the frame header at an index; nil if the bytes there are not a whole one.
    init?(in bytes: [UInt8], at index: Int) {
        guard
            let length = bytes.number(UInt32.self, at: index + 4),
            let sequenceNumber = bytes.number(UInt64.self, at: index + 8),
            let synchronizedNumber = bytes.number(UInt64.self, at: index + 16),
            let sum = bytes.number(UInt32.self, at: index + 24),
            bytes[index..<(index + 4)].elementsEqual(Self.startMark),
            sum == checksum(of: bytes[index..<(index + 24)]),
            length >= AES256GCMKey.tagByteCount, length <= Self.recordByteCountMax + AES256GCMKey.tagByteCount
        else { return nil }
        sealedByteCount = Int(length)
        self.sequenceNumber = sequenceNumber
        self.synchronizedNumber = synchronizedNumber
    }

    /// Opens the record of the frame at an index; nil if it is truncated, altered or moved.
    func record(in bytes: [UInt8], at index: Int, seal: FileSeal) -> [UInt8]? {
        let end = index + byteCount
        guard end <= bytes.count, bytes[end - 1] == Self.endMark else { return nil }
        let sealed = Array(bytes[(index + Self.headerByteCount)..<(end - 1)])
        let header = bytes[index..<(index + Self.headerByteCount)]
        // A seal that does not open is an expected result: the reader decides what it means.
        return try? seal.open(sealed, counter: sequenceNumber, tag: 0, frameHeader: header)
    }
}
