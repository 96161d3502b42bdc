/// Numbers in files: big-endian, of fixed width.
extension [UInt8] {
    /// Appends a number with its most significant byte first.
    mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// Reads a number that starts at an index; nil if the bytes end before it does.
    func number<Number: FixedWidthInteger>(_ type: Number.Type, at index: Int) -> Number? {
        let width = Number.bitWidth / 8
        guard index >= 0, count - width >= index else { return nil }
        var number: Number = 0
        for offset in index..<(index + width) {
            number = number << 8 | Number(truncatingIfNeeded: self[offset])
        }
        return number
    }
}
