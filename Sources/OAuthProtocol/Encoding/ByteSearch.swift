/// Searches in bytes: a token has several hundred, and is searched several times.
extension Span<UInt8> {
    /// Whether the byte occurs.
    ///
    /// A minimum over all bytes, without an early exit from the loop, lets the compiler compare many bytes at once.
    func contains(_ byte: UInt8) -> Bool {
        var least = UInt8.max
        for index in 0..<count { least = Swift.min(least, self[index] ^ byte) }
        return least == 0
    }

    /// The first index at or after `start` where the byte occurs.
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        let blockLength = 32
        var index = start
        while index + blockLength <= count, !extracting(index..<index + blockLength).contains(byte) {
            index += blockLength
        }
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }
}
