import Foundations

/// RFC 9110 §7.2: the Host field, checked for form only; nothing is derived from it.
enum HostField {
    /// Whether the range is `uri-host [ ":" port ]`; empty hosts, user information and lists are not.
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.count <= 255 + 6 else { return false }
        var index = range.lowerBound
        if bytes[index] == 0x5b {
            // An IPv6 literal in brackets.
            index += 1
            let first = index
            while index < range.upperBound, isInsideBrackets(bytes[index]) { index += 1 }
            guard index < range.upperBound, bytes[index] == 0x5d, index - first >= 2 else { return false }
            index += 1
        } else {
            let first = index
            while index < range.upperBound, bytes[index].isUnreserved || bytes[index] == 0x25 { index += 1 }
            guard index > first else { return false }
        }
        guard index < range.upperBound else { return true }
        guard bytes[index] == .colon, range.upperBound - index <= 6 else { return false }
        return ((index + 1)..<range.upperBound).allSatisfy { bytes[$0].isASCIIDigit }
    }

    private static func isInsideBrackets(_ byte: UInt8) -> Bool {
        byte.hexadecimalValue != nil || byte == .colon || byte == 0x2e
    }
}
