// Parsers ask these questions about every byte, so they are inlined into the modules that ask them.
extension UInt8 {
    /// Whether the byte is `0`–`9`.
    @inlinable package var isASCIIDigit: Bool { self &- 0x30 < 10 }

    /// Whether the byte is `A`–`Z` or `a`–`z`.
    @inlinable package var isASCIILetter: Bool { (self | 0x20) &- 0x61 < 26 }

    /// Whether the byte is `0`–`9`, `A`–`F` or `a`–`f`.
    @inlinable package var isASCIIHexDigit: Bool { isASCIIDigit || (self | 0x20) &- 0x61 < 6 }

    /// Whether the byte is `unreserved` by RFC 3986 §2.3: an ASCII letter or digit, `-`, `.`, `_` or `~`.
    @inlinable package var isUnreserved: Bool {
        // One bit for each of the 128 characters, in two words.
        self < 0x80
            && (self < 64 ? 0x03ff_6000_0000_0000 : 0x47ff_fffe_87ff_fffe as UInt64) >> UInt64(self & 63) & 1 == 1
    }

    /// The byte with `A`–`Z` folded to `a`–`z`; other bytes unchanged.
    @inlinable package var lowercasedASCII: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// The value of a hexadecimal digit in either case; `nil` for other bytes.
    @inlinable package var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }
}

extension String {
    /// The text with `A`–`Z` folded to `a`–`z`, independent of Unicode's case rules.
    package var lowercasedASCII: String { String(decoding: utf8.map(\.lowercasedASCII), as: UTF8.self) }
}
