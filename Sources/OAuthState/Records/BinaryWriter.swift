package import OAuthProtocol
package import OpenSSLCrypto

/// Writes records of the journal and of snapshots: length-prefixed binary, big-endian.
///
/// Hand-written because it is on the path of every change; it was measured at a tenth of a JSON encoder's cost.
package struct BinaryWriter {
    /// The bytes written so far.
    package private(set) var bytes: [UInt8] = []

    /// An empty writer.
    package init(reserving capacity: Int = 128) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes an integer of fixed width.
    package mutating func write(_ value: some FixedWidthInteger) {
        bytes.append(addingCapacity: value.bitWidth / 8) { (output: inout OutputSpan<UInt8>) in
            var shift = value.bitWidth
            while shift > 0 {
                shift -= 8
                output.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
    }

    /// Writes one byte for true or false.
    package mutating func write(_ value: Bool) {
        bytes.append(value ? 1 : 0)
    }

    /// Writes a byte count and the bytes.
    package mutating func write(_ value: [UInt8]) {
        write(UInt32(truncatingIfNeeded: value.count))
        bytes.append(contentsOf: value)
    }

    /// Writes a byte count and a text as UTF-8.
    package mutating func write(_ value: String) {
        write(UInt32(truncatingIfNeeded: value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Writes a moment in milliseconds.
    package mutating func write(_ value: Timestamp) {
        write(value.millisecondsSinceEpoch)
    }

    /// Writes a digest as its 32 bytes.
    package mutating func write(_ value: SHA256Digest) {
        value.append(to: &bytes)
    }

    /// Writes an identifier as its 16 bytes.
    package mutating func write(_ value: some StoredIdentifier) {
        value.appendBytes(to: &bytes)
    }

    /// Writes scopes as their wire form.
    package mutating func write(_ value: ScopeSet) {
        write(value.text)
    }

    /// Writes a byte that tells whether there is a value, then the value.
    package mutating func write<Value>(_ value: Value?, _ writeValue: (inout BinaryWriter, Value) -> Void) {
        write(value != nil)
        if let value {
            writeValue(&self, value)
        }
    }

    /// Writes a count and the values.
    package mutating func write<Value>(_ values: [Value], _ writeValue: (inout BinaryWriter, Value) -> Void) {
        write(UInt32(truncatingIfNeeded: values.count))
        for value in values {
            writeValue(&self, value)
        }
    }
}
