private import CZlib

/// CRC-32 of bytes: distinguishes accidental damage of a header from another key or version.
///
/// It does not protect against attackers; the seals do that.
func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { buffer in
        UInt32(truncatingIfNeeded: unsafe crc32(0, buffer.baseAddress, UInt32(truncatingIfNeeded: buffer.count)))
    }
}
