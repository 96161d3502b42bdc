/// A set of ASCII characters.
struct ASCIISet: Hashable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// The characters of some ranges.
    init(_ ranges: ClosedRange<UInt8>...) {
        for range in ranges { for byte in range { insert(byte) } }
    }

    mutating func insert(_ byte: UInt8) {
        if byte < 64 { low |= 1 << byte } else if byte < 128 { high |= 1 << (byte - 64) }
    }

    mutating func formUnion(_ other: ASCIISet) {
        low |= other.low
        high |= other.high
    }

    func contains(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        let bits = byte < 64 ? low >> byte : high >> (byte - 64)
        return bits & 1 == 1
    }

    /// The other characters.
    var inverted: ASCIISet {
        var set = ASCIISet()
        (set.low, set.high) = (~low, ~high)
        return set
    }

    static let digits = ASCIISet(0x30...0x39)
    static let word = ASCIISet(0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A)
    static let space = ASCIISet(0x20...0x20)
    static let printable = ASCIISet(0x20...0x7E)
}
