private import CZlib

/// CRC-32 of bytes: tells an honest accident in a header apart from another key or version.
///
/// It is no protection against anyone; that is what the seals are for.
func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { buffer in
        UInt32(truncatingIfNeeded: unsafe crc32(0, buffer.baseAddress, UInt32(truncatingIfNeeded: buffer.count)))
    }
}
