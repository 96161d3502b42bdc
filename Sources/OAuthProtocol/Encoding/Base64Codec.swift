/// The arithmetic that both alphabets of RFC 4648 share, without padding.
struct Base64Codec: Sendable {
    private let symbols: [UInt8]
    private let values: [UInt8]
    private static let invalid: UInt8 = 0xFF

    /// Makes a codec from the two symbols in which the alphabets differ.
    init(symbol62: UInt8, symbol63: UInt8) {
        var symbols = Array(UInt8(ascii: "A")...UInt8(ascii: "Z"))
        symbols += UInt8(ascii: "a")...UInt8(ascii: "z")
        symbols += UInt8(ascii: "0")...UInt8(ascii: "9")
        symbols += [symbol62, symbol63]
        var values = [UInt8](repeating: Base64Codec.invalid, count: 256)
        for (value, symbol) in symbols.enumerated() { values[Int(symbol)] = UInt8(value) }
        self.symbols = symbols
        self.values = values
    }

    /// The number of symbols for a number of bytes.
    func encodedCount(_ byteCount: Int) -> Int { (byteCount * 8 + 5) / 6 }

    /// Writes the symbols of the bytes from an offset on; the caller has made room.
    func encode(_ bytes: Span<UInt8>, into output: inout MutableSpan<UInt8>, at offset: Int) {
        let symbols = symbols.span
        var from = 0
        var to = offset
        while from + 3 <= bytes.count {
            let group = UInt32(bytes[from]) << 16 | UInt32(bytes[from + 1]) << 8 | UInt32(bytes[from + 2])
            output[to] = symbols[Int(group >> 18)]
            output[to + 1] = symbols[Int(group >> 12 & 63)]
            output[to + 2] = symbols[Int(group >> 6 & 63)]
            output[to + 3] = symbols[Int(group & 63)]
            from += 3
            to += 4
        }
        if bytes.count - from == 1 {
            output[to] = symbols[Int(bytes[from] >> 2)]
            output[to + 1] = symbols[Int(bytes[from] & 0b11) << 4]
        } else if bytes.count - from == 2 {
            let group = Int(bytes[from]) << 8 | Int(bytes[from + 1])
            output[to] = symbols[group >> 10]
            output[to + 1] = symbols[group >> 4 & 63]
            output[to + 2] = symbols[(group & 0b1111) << 2]
        }
    }

    /// The bytes that the symbols stand for; `nil` if one is foreign, one is left over or the last has stray bits.
    func decode(_ text: Span<UInt8>) -> [UInt8]? {
        let remainder = text.count & 3
        guard remainder != 1 else { return nil }
        let values = values.span
        var bytes = [UInt8](repeating: 0, count: text.count * 6 / 8)
        var output = bytes.mutableSpan
        var from = 0
        var to = 0
        var seen: UInt8 = 0
        while from + 4 <= text.count {
            let a = values[Int(text[from])]
            let b = values[Int(text[from + 1])]
            let c = values[Int(text[from + 2])]
            let d = values[Int(text[from + 3])]
            seen |= a | b | c | d
            output[to] = a << 2 | b >> 4
            output[to + 1] = b << 4 | c >> 2
            output[to + 2] = c << 6 | d
            from += 4
            to += 3
        }
        // RFC 4648 §3.5: bits beyond the last byte must be zero, or one token would have many spellings.
        if remainder >= 2 {
            let a = values[Int(text[from])]
            let b = values[Int(text[from + 1])]
            let c = remainder == 3 ? values[Int(text[from + 2])] : 0
            seen |= a | b | c
            output[to] = a << 2 | b >> 4
            if remainder == 3 { output[to + 1] = b << 4 | c >> 2 }
            guard (remainder == 3 ? c & 0b11 : b & 0b1111) == 0 else { return nil }
        }
        // Values have six bits, so a higher one came from a foreign symbol.
        return seen < 64 ? bytes : nil
    }
}
