import Foundations
package import OpenSSLCrypto

/// RFC 6749 §4.5: the credential of an agent: `gat_`, 64 hexadecimal digits of a random number, and 8 of a checksum.
///
/// Secret scanners find it as `gat_[0-9a-f]{72}` and recognize a real one by the checksum, the CRC-32 (ISO-HDLC, as in
/// zlib) of all that precedes it.
package struct AgentToken: IssuedSecret {
    package static let prefix = "gat_"
    package let wireValue: String
    package init(wireValue: String) { self.wireValue = wireValue }

    /// A new token of 256 random bits.
    package init(random: some RandomSource) {
        let text = Self.prefix + random.bytes(32).map(Self.hexadecimal).joined()
        wireValue = text + Self.checksum(text)
    }

    /// Whether the form and the checksum are right: a mistyped token needs no look-up.
    package var isWellFormed: Bool {
        guard wireValue.utf8.count == Self.prefix.utf8.count + 72, wireValue.hasPrefix(Self.prefix) else {
            return false
        }
        let digits = wireValue.utf8.dropFirst(Self.prefix.utf8.count)
        guard digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return false }
        return wireValue.hasSuffix(Self.checksum(String(wireValue.dropLast(8))))
    }

    private static func checksum(_ text: String) -> String {
        var remainder = UInt32.max
        for byte in text.utf8 {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1 }
        }
        let value = ~remainder
        return stride(from: 24, through: 0, by: -8).map { hexadecimal(UInt8(truncatingIfNeeded: value >> $0)) }.joined()
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
