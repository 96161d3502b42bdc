/// The arithmetic that both alphabets of RFC 4648 share, without padding.
///
/// Symbols are computed instead of looked up, in separate loops without branches: the compiler vectorizes them, and no
/// table is indexed by secret data.
struct Base64Codec: Sendable {
    /// The symbols in which the alphabets differ.
    let symbol62: UInt8
    let symbol63: UInt8

    /// The symbols of the bytes, in ASCII.
    func encode(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        append(bytes.span, to: &output)
        return output
    }

    /// Appends the symbols of the bytes, in ASCII.
    func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        output.append(addingCapacity: (bytes.count * 8 + 5) / 6) { (output: inout OutputSpan<UInt8>) in
            Base64Codec.split(bytes, into: &output)
            var text = output.mutableSpan
            for index in 0..<text.count { text[index] = symbol(text[index]) }
        }
    }

    /// Decodes the symbols; `nil` for a foreign symbol, a single leftover symbol, or stray bits in the last one.
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
        // Values have six bits, so a higher one is a foreign symbol.
        guard seen < 64 else { return nil }
        // RFC 4648 §3.5: bits beyond the last byte must be zero; otherwise one token would have many spellings.
        if remainder > 0 {
            let strayBits: UInt8 = remainder == 3 ? 0b11 : 0b1111
            guard values[text.count - 1] & strayBits == 0 else { return nil }
        }
        Base64Codec.join(&values)
        output.removeLast(text.count - text.count * 6 / 8)
        return output
    }

    /// Splits every three bytes into four values of six bits, and the rest at the end into two or three.
    private static func split(_ bytes: Span<UInt8>, into values: inout OutputSpan<UInt8>) {
        var from = 0
        // The highest index first: its bounds check covers the others.
        while from + 2 < bytes.count {
            let c = bytes[from + 2]
            let b = bytes[from + 1]
            let a = bytes[from]
            values.append(a >> 2)
            values.append((a & 0x03) << 4 | b >> 4)
            values.append((b & 0x0F) << 2 | c >> 6)
            values.append(c & 0x3F)
            from += 3
        }
        guard from < bytes.count else { return }
        let a = bytes[from]
        values.append(a >> 2)
        guard from + 1 < bytes.count else { return values.append((a & 0x03) << 4) }
        let b = bytes[from + 1]
        values.append((a & 0x03) << 4 | b >> 4)
        values.append((b & 0x0F) << 2)
    }

    /// Joins every four values of six bits into three bytes, and the rest at the end into one or two, in place: a byte
    /// is never written past the values that it is made of.
    private static func join(_ values: inout MutableSpan<UInt8>) {
        let count = values.count * 6 / 8
        var from = 0
        var to = 0
        while to + 2 < count {
            let d = values[from + 3]
            let c = values[from + 2]
            let b = values[from + 1]
            let a = values[from]
            values[to] = a << 2 | b >> 4
            values[to + 1] = b << 4 | c >> 2
            values[to + 2] = c << 6 | d
            from += 4
            to += 3
        }
        guard to < count else { return }
        let b = values[from + 1]
        values[to] = values[from] << 2 | b >> 4
        guard to + 1 < count else { return }
        values[to + 1] = b << 4 | values[from + 2] >> 2
    }

    /// The symbol of six bits.
    func symbol(_ value: UInt8) -> UInt8 {
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
