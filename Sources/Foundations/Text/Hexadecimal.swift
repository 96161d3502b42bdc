/// RFC 4648 §8: bytes as hexadecimal digits, two for each.
package enum Hexadecimal {
    /// The upper-case digit of a value below 16.
    @inlinable package static func upperCaseDigit(_ value: UInt8) -> UInt8 {
        value &+ (value < 10 ? 0x30 : 0x37)
    }

    /// The lower-case digits of the bytes.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            text.append(upperCaseDigit(byte >> 4).lowercasedASCII)
            text.append(upperCaseDigit(byte & 15).lowercasedASCII)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of digits in either case, or `nil` for an odd count or any other byte.
    package static func decode(_ digits: some Collection<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            guard let value = digit.hexadecimalValue else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
