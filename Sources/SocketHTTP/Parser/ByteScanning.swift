import Foundations

/// Scans over received bytes, eight at a time, and the character classes of RFC 9110 and RFC 3986.
extension Span where Element == UInt8 {
    /// The index of the first line feed at or after `start`.
    func firstLineFeed(from start: Int) -> Int? {
        var index = start
        let raw = unsafe bytes
        while index &+ 8 <= count {
            let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
            let difference = word ^ 0x0a0a_0a0a_0a0a_0a0a
            let hits = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
            if hits != 0 { return index &+ hits.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        while index < count {
            if self[index] == UInt8.lineFeed { return index }
            index &+= 1
        }
        return nil
    }

    /// Whether the range contains a control character other than a horizontal tab, such as NUL, a bare CR or DEL.
    func containsControl(_ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        let raw = unsafe bytes
        while index &+ 8 <= range.upperBound {
            let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let low = (word &- 0x2020_2020_2020_2020) & ~word
            let delete = word ^ 0x7f7f_7f7f_7f7f_7f7f
            let hits = (low | ((delete &- 0x0101_0101_0101_0101) & ~delete)) & 0x8080_8080_8080_8080
            // A hit may be a tab, which is allowed: check byte by byte.
            if hits != 0, (index..<index &+ 8).contains(where: { self[$0].isControl }) { return true }
            index &+= 8
        }
        while index < range.upperBound {
            if self[index].isControl { return true }
            index &+= 1
        }
        return false
    }

    /// The range without spaces and tabs at both ends: RFC 9110 §5.6.3, optional white space.
    func trimmingOptionalWhitespace(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower].isBlank { lower &+= 1 }
        while lower < upper, self[upper &- 1].isBlank { upper &-= 1 }
        return lower..<upper
    }

    /// Compares the range with a lower-case ASCII literal, letters in either case.
    func equalsIgnoringCase(_ range: Range<Int>, _ lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count {
            let expected = unsafe lowercase.utf8Start[offset]
            if self[range.lowerBound &+ offset].lowercasedASCII != expected { return false }
        }
        return true
    }

    /// Compares the range with an ASCII literal, byte by byte.
    func equals(_ range: Range<Int>, _ literal: StaticString) -> Bool {
        guard range.count == literal.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count {
            let expected = unsafe literal.utf8Start[offset]
            if self[range.lowerBound &+ offset] != expected { return false }
        }
        return true
    }

    /// The first index in the range that holds `byte`.
    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        for index in range where self[index] == byte { return index }
        return nil
    }

    /// The text of the range; bytes that are not UTF-8 are replaced, never dropped.
    func text(_ range: Range<Int>) -> String {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// A copy of the range.
    func array(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }
}

extension [UInt8] {
    /// Appends the bytes of a span.
    mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension UInt8 {
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let space: UInt8 = 0x20
    static let colon: UInt8 = 0x3a
    static let comma: UInt8 = 0x2c
    static let semicolon: UInt8 = 0x3b
    static let slash: UInt8 = 0x2f
    static let questionMark: UInt8 = 0x3f

    /// A control character other than a horizontal tab.
    var isControl: Bool { (self < 0x20 && self != 0x09) || self == 0x7f }

    /// A space or a horizontal tab.
    var isBlank: Bool { self == 0x20 || self == 0x09 }

    /// RFC 9110 §5.6.2: a character of a token, such as a method or a field name.
    var isTokenCharacter: Bool {
        self < 0x80
            && (self < 64 ? 0x03ff_6cfa_0000_0000 : 0x57ff_ffff_c7ff_fffe as UInt64) >> UInt64(self & 63) & 1 == 1
    }

    /// A printable ASCII character other than the space.
    var isVisible: Bool { self > 0x20 && self < 0x7f }
}
