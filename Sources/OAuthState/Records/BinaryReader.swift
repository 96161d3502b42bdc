package import OAuthProtocol
package import OpenSSLCrypto

/// A record that does not have the form of its version; the storage is damaged or newer than this program.
package struct RecordError: Error, Hashable, Sendable {
    /// What was expected.
    package let reason: String

    /// An error with its reason.
    package init(_ reason: String) {
        self.reason = reason
    }
}

/// Reads what ``BinaryWriter`` wrote; every read is checked against the end.
package struct BinaryReader {
    private let bytes: [UInt8]
    private var position: Int

    /// A reader at an offset of a record, by default its start.
    package init(_ bytes: [UInt8], at offset: Int = 0) {
        self.bytes = bytes
        position = min(offset, bytes.count)
    }

    /// Whether everything has been read.
    package var isAtEnd: Bool {
        position == bytes.count
    }

    /// Reads an integer of fixed width.
    package mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(RecordError) -> Value {
        let width = Value.bitWidth / 8
        guard bytes.count - position >= width else { throw RecordError("record ends inside an integer") }
        var value: Value = 0
        for index in position..<position + width {
            value = value << 8 | Value(truncatingIfNeeded: bytes[index])
        }
        position += width
        return value
    }

    /// Reads one byte of 0 or 1.
    package mutating func bool() throws(RecordError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: false
        case 1: true
        default: throw RecordError("a flag is neither 0 nor 1")
        }
    }

    /// Reads bytes behind their count.
    package mutating func byteArray() throws(RecordError) -> [UInt8] {
        let count = Int(try integer(UInt32.self))
        guard bytes.count - position >= count else { throw RecordError("record ends inside a byte string") }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// Reads a text in UTF-8.
    package mutating func string() throws(RecordError) -> String {
        let count = Int(try integer(UInt32.self))
        guard bytes.count - position >= count else { throw RecordError("record ends inside a text") }
        defer { position += count }
        guard let text = String(validating: bytes[position..<position + count], as: UTF8.self) else {
            throw RecordError("a text is not UTF-8")
        }
        return text
    }

    /// Reads a moment.
    package mutating func timestamp() throws(RecordError) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: try integer())
    }

    /// Reads a digest of 32 bytes.
    package mutating func digest() throws(RecordError) -> SHA256Digest {
        guard bytes.count - position >= SHA256.byteCount,
            let digest = SHA256Digest(bytes: Array(bytes[position..<position + SHA256.byteCount]))
        else { throw RecordError("record ends inside a digest") }
        position += SHA256.byteCount
        return digest
    }

    /// Reads an identifier of 16 bytes.
    package mutating func identifier<ID: StoredIdentifier>(_: ID.Type = ID.self) throws(RecordError) -> ID {
        ID(value: try integer())
    }

    /// Reads scopes.
    package mutating func scopes() throws(RecordError) -> ScopeSet {
        ScopeSet(try string().split(separator: " ").map(String.init))
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
        // Every value takes at least a byte: a damaged count cannot ask for gigabytes.
        guard count <= bytes.count - position else { throw RecordError("record ends inside a list") }
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count {
            values.append(try read(&self))
        }
        return values
    }
}
