package import OAuthProtocol
package import OpenSSLCrypto

/// A record that does not have the form of its version: the storage is damaged or newer than this program.
package struct RecordError: Error, Hashable, Sendable {
    /// The expectation that was not met.
    package let reason: String

    /// An error with its reason.
    package init(_ reason: String) {
        self.reason = reason
    }
}

/// Reads the output of ``BinaryWriter``; every read is checked against the end.
package struct BinaryReader {
    private let bytes: [UInt8]
    private var position: Int
    private var end: Int
    private var recent = RecentTexts()

    /// A reader at the start of a record.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// Moves to the start of a record that is among others in these bytes.
    package mutating func begin(_ record: Range<Int>) {
        precondition(bytes.indices.contains(record), "a record is within its bytes")
        position = record.lowerBound
        end = record.upperBound
    }

    /// Whether everything has been read.
    package var isAtEnd: Bool {
        position == end
    }

    /// Reads an integer of a fixed width of up to 8 bytes.
    package mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(RecordError) -> Value {
        let width = Value.bitWidth / 8
        precondition(width <= 8, "a wider integer is read as its words")
        guard end - position >= width else { throw RecordError("record ends inside an integer") }
        defer { position += width }
        return Value(truncatingIfNeeded: word(at: position, width))
    }

    private func word(at start: Int, _ width: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in start..<start + width {
            word = word << 8 | UInt64(bytes[index])
        }
        return word
    }

    /// Reads one byte of 0 or 1.
    package mutating func bool() throws(RecordError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: false
        case 1: true
        default: throw RecordError("a flag is neither 0 nor 1")
        }
    }

    /// Reads a byte count and as many bytes.
    package mutating func byteArray() throws(RecordError) -> [UInt8] {
        let count = Int(try integer(UInt32.self))
        guard end - position >= count else { throw RecordError("record ends inside a byte string") }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// Reads a text in UTF-8.
    package mutating func string() throws(RecordError) -> String {
        let (bytes, text) = (bytes, try textRange())
        guard let string = recent.text(bytes.span.extracting(text)) else { throw RecordError("a text is not UTF-8") }
        return string
    }

    private mutating func textRange() throws(RecordError) -> Range<Int> {
        let count = Int(try integer(UInt32.self))
        guard end - position >= count else { throw RecordError("record ends inside a text") }
        defer { position += count }
        return position..<position + count
    }

    /// Reads a moment.
    package mutating func timestamp() throws(RecordError) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: try integer())
    }

    /// Reads a digest of 32 bytes.
    package mutating func digest() throws(RecordError) -> SHA256Digest {
        guard end - position >= SHA256.byteCount,
            let digest = SHA256Digest(bytes: bytes[position..<position + SHA256.byteCount])
        else { throw RecordError("record ends inside a digest") }
        position += SHA256.byteCount
        return digest
    }

    /// Reads an identifier of 16 bytes.
    package mutating func identifier<ID: StoredIdentifier>(_: ID.Type = ID.self) throws(RecordError) -> ID {
        ID(value: Bits128(high: try integer(), low: try integer()))
    }

    /// Reads scopes.
    package mutating func scopes() throws(RecordError) -> ScopeSet {
        let (bytes, text) = (bytes, try textRange())
        guard let scopes = recent.scopes(bytes.span.extracting(text)) else { throw RecordError("a text is not UTF-8") }
        return scopes
    }

    /// Reads a value that may be absent.
    package mutating func optional<Value>(
        _ read: (inout BinaryReader) throws(RecordError) -> Value
    ) throws(RecordError) -> Value? {
        try bool() ? read(&self) : nil
    }

    /// Reads a count and as many values.
    package mutating func array<Value>(
        _ read: (inout BinaryReader) throws(RecordError) -> Value
    ) throws(RecordError) -> [Value] {
        let count = Int(try integer(UInt32.self))
        // Every value takes at least a byte, so that a damaged count cannot ask for gigabytes.
        guard count <= end - position else { throw RecordError("record ends inside a list") }
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count {
            values.append(try read(&self))
        }
        return values
    }
}
