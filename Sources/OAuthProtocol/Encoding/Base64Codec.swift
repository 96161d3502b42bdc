/// The arithmetic that both alphabets of RFC 4648 share, without padding.
///
/// Symbols are computed and not looked up, in loops of their own without branches: the compiler makes vector instructions
/// of them, and no table is indexed by what may be a secret.
struct Base64Codec: Sendable {
    /// The symbols in which the alphabets differ.
    let symbol62: UInt8
    let symbol63: UInt8

    /// The symbols of the bytes, in ASCII.
    func encode(_ bytes: [UInt8]) -> [UInt8] {
        var output = Base64Codec.split(bytes)
        var text = output.mutableSpan
        for index in 0..<text.count { text[index] = symbol(text[index]) }
        return output
    }

    /// The bytes that the symbols stand for; `nil` if one is foreign, one is left over or the last has stray bits.
    func decode(_ text: Span<UInt8>) -> [UInt8]? {
        let remainder = text.count & 3
        guard remainder != 1 else { return nil }
        var output = [UInt8](repeating: 0, count: text.count)
        var values = output.mutableSpan
        var seen: UInt8 = 0
        for index in 0..<text.count {
            let value = value(of: text[index])
            seen |= value
            values[index] = value
        }
        // Values have six bits, so a higher one came from a foreign symbol.
        guard seen < 64 else { return nil }
        // RFC 4648 §3.5: bits beyond the last byte must be zero, or one token would have many spellings.
        if remainder > 0 {
            let strayBits: UInt8 = remainder == 3 ? 0b11 : 0b1111
            guard values[text.count - 1] & strayBits == 0 else { return nil }
        }
        return Base64Codec.join(output)
    }

    /// Spreads every three bytes over four values of six bits, and what is left at the end over two or three.
    private static func split(_ bytes: [UInt8]) -> [UInt8] {
        var values = [UInt8](repeating: 0, count: (bytes.count * 8 + 5) / 6)
        var from = 0
        var to = 0
        // The highest index first: its bounds check covers the others.
        while from + 2 < bytes.count {
            let c = bytes[from + 2]
            let b = bytes[from + 1]
            let a = bytes[from]
            values[to + 3] = c & 0x3F
            values[to + 2] = (b & 0x0F) << 2 | c >> 6
            values[to + 1] = (a & 0x03) << 4 | b >> 4
            values[to] = a >> 2
            from += 3
            to += 4
        }
        guard from < bytes.count else { return values }
        values[to] = bytes[from] >> 2
        values[to + 1] = (bytes[from] & 0x03) << 4
        guard from + 1 < bytes.count else { return values }
        values[to + 1] |= bytes[from + 1] >> 4
        values[to + 2] = (bytes[from + 1] & 0x0F) << 2
        return values
    }

    /// Gathers every four values of six bits into three bytes, and what is left at the end into one or two.
    private static func join(_ values: [UInt8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: values.count * 6 / 8)
        var from = 0
        var to = 0
        while to + 2 < bytes.count {
            let d = values[from + 3]
            let c = values[from + 2]
            let b = values[from + 1]
            let a = values[from]
            bytes[to + 2] = c << 6 | d
            bytes[to + 1] = b << 4 | c >> 2
            bytes[to] = a << 2 | b >> 4
            from += 4
            to += 3
        }
        guard to < bytes.count else { return bytes }
        bytes[to] = values[from] << 2 | values[from + 1] >> 4
        guard to + 1 < bytes.count else { return bytes }
        bytes[to + 1] = values[from + 1] << 4 | values[from + 2] >> 2
        return bytes
    }

    private func symbol(_ value: UInt8) -> UInt8 {
        var symbol = value &- 4  // 52…61 are digits: 48 - 52.
        symbol = value < 52 ? value &+ 71 : symbol  // 26…51 are small letters: 97 - 26.
        symbol = value < 26 ? value &+ 65 : symbol
        symbol = value == 62 ? symbol62 : symbol
        return value == 63 ? symbol63 : symbol
    }

    private func value(of symbol: UInt8) -> UInt8 {
        var value: UInt8 = 0xFF
        value = symbol &- UInt8(ascii: "A") < 26 ? symbol &- 65 : value
        value = symbol &- UInt8(ascii: "a") < 26 ? symbol &- 71 : value
        value = symbol &- UInt8(ascii: "0") < 10 ? symbol &+ 4 : value
        value = symbol == symbol62 ? 62 : value
        return symbol == symbol63 ? 63 : value
    }
}
