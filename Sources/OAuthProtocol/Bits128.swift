/// The 128 bits of an identifier, as two machine words.
///
/// Not the standard library's integer of 128 bits: its alignment of 16 bytes pads every row that holds an identifier,
/// its shifts cost several times those of a word, and with Swift 6.3 asynchronous calls that passed one among many
/// arguments returned to a wrong address.
package struct Bits128: Hashable, Sendable {
    /// The upper 64 bits: the first 8 of the 16 big-endian bytes.
    package let high: UInt64
    /// The lower 64 bits.
    package let low: UInt64

    /// The bits of two words.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The bits of a small number.
    package init(_ low: UInt64) {
        self.init(high: 0, low: low)
    }
}

extension Bits128: Comparable {
    package static func < (left: Bits128, right: Bits128) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension Bits128: ExpressibleByIntegerLiteral {
    package init(integerLiteral low: UInt64) {
        self.init(low)
    }
}
