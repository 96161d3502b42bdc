import Foundations

/// The tokens of RFC 8259 over a buffer: what ``JSONParser`` and the claims reader share.
///
/// Strict by the grammar; every read is checked, so hostile bytes cause a thrown ``JSONError`` and never a trap.
struct JSONScanner {
    /// The text.
    let bytes: [UInt8]
    /// The byte that is read next.
    var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The byte that is read next; `nil` at the end.
    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// Skips insignificant whitespace (RFC 8259 §2).
    mutating func skipWhitespace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// Consumes a byte if it is the next one.
    mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    /// Consumes a byte that must be next.
    mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard take(byte) else { throw unexpected() }
    }

    /// Consumes a literal name (`null`, `true`, `false`).
    mutating func expect(literal: String) throws(JSONError) {
        for byte in literal.utf8 { try expect(byte) }
    }

    /// The error for a byte that is not allowed here, or for the end.
    func unexpected() -> JSONError {
        JSONError(offset < bytes.count ? .unexpectedByte : .unexpectedEnd, at: offset)
    }
}

// MARK: - Strings

extension JSONScanner {
    /// The range of a string's characters between its quotes, and whether escapes have to be resolved.
    struct StringToken {
        let range: Range<Int>
        let hasEscapes: Bool
    }

    /// Reads a string's range without creating the string.
    mutating func stringToken() throws(JSONError) -> StringToken {
        try expect(UInt8(ascii: "\""))
        let bytes = bytes
        let start = offset
        var index = start
        var hasEscapes = false
        while index < bytes.count {
            let byte = bytes[index]
            // Most bytes need one comparison: above the quote, and not a backslash.
            if byte <= UInt8(ascii: "\"") {
                if byte == UInt8(ascii: "\"") {
                    offset = index + 1
                    return StringToken(range: start..<index, hasEscapes: hasEscapes)
                }
                // RFC 8259 §7: control characters must be escaped.
                guard byte >= 0x20 else { throw JSONError(.unexpectedByte, at: index) }
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index += 1  // The byte after it is no closing quote.
            }
            index += 1
        }
        throw JSONError(.unexpectedEnd, at: bytes.count)
    }

    /// Reads a string.
    mutating func string() throws(JSONError) -> String {
        try text(of: stringToken())
    }

    /// Creates the string of a token: escapes resolved, UTF-8 checked.
    func text(of token: StringToken) throws(JSONError) -> String {
        let text: String?
        if token.hasEscapes {
            let characters = try unescaped(token.range)
            text = String(strictUTF8: characters.span)
        } else {
            text = String(strictUTF8: bytes.span.extracting(token.range))
        }
        guard let text else { throw JSONError(.invalidUTF8, at: token.range.lowerBound) }
        return text
    }

    private func unescaped(_ range: Range<Int>) throws(JSONError) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == UInt8(ascii: "\\") else {
                output.append(bytes[index])
                index += 1
                continue
            }
            let escape = index + 1 < range.upperBound ? bytes[index + 1] : 0
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(escape)
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                let (scalar, length) = try unicodeEscape(at: index, before: range.upperBound)
                output.append(contentsOf: String(scalar).utf8)
                index += length
                continue
            default: throw JSONError(.invalidEscape, at: index)
            }
            index += 2
        }
        return output
    }

    /// Resolves `\uXXXX`, or a pair of them for a scalar beyond the basic plane, and returns how many bytes it took.
    private func unicodeEscape(at index: Int, before end: Int) throws(JSONError) -> (Unicode.Scalar, length: Int) {
        let first = try hexadecimal(at: index + 2, before: end)
        if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
        // RFC 8259 §8.2: half a pair has no meaning, and readers disagree on it.
        let low = index + 6
        guard first < 0xDC00, low + 1 < end, bytes[low] == UInt8(ascii: "\\"), bytes[low + 1] == UInt8(ascii: "u")
        else { throw JSONError(.loneSurrogate, at: index) }
        let second = try hexadecimal(at: low + 2, before: end)
        guard 0xDC00...0xDFFF ~= second,
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw JSONError(.loneSurrogate, at: index) }
        return (scalar, 12)
    }

    private func hexadecimal(at index: Int, before end: Int) throws(JSONError) -> UInt32 {
        guard index + 4 <= end else { throw JSONError(.invalidEscape, at: index) }
        var value: UInt32 = 0
        for digit in bytes[index..<index + 4] {
            guard let nibble = digit.hexadecimalValue else { throw JSONError(.invalidEscape, at: index) }
            value = value << 4 | UInt32(nibble)
        }
        return value
    }
}

// MARK: - Numbers

extension JSONScanner {
    /// The longest number that is read; honest numbers are far shorter.
    static let numberByteCountMax = 128

    /// Reads a number of any form (RFC 8259 §6).
    mutating func number() throws(JSONError) -> JSONNumber {
        let start = offset
        _ = take(UInt8(ascii: "-"))
        let integerStart = offset
        try digits()
        guard bytes[integerStart] != UInt8(ascii: "0") || offset == integerStart + 1 else {
            throw JSONError(.invalidNumber, at: start)
        }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        guard offset - start <= JSONScanner.numberByteCountMax else { throw JSONError(.invalidNumber, at: start) }
        return JSONNumber(scanned: String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while let byte = next, byte.isASCIIDigit { offset += 1 }
        guard offset > start else { throw JSONError(.invalidNumber, at: start) }
    }
}
