/// RFC 7519 §2: `NumericDate`, of which usually only whole seconds are accepted.
///
/// D-38: a float, a string, a negative or a huge `exp` means different moments to different readers.
enum NumericDate {
    /// The last second of the year 9999.
    static let max = 253_402_300_799

    /// How a fraction of a second is read.
    enum Fractions {
        /// Not at all.
        case refused
        /// Rounded down: a token that ends earlier, or began earlier, by less than a second.
        case roundedDown
    }

    /// The moment that a value names; `nil` unless it is an integer in range.
    static func timestamp(_ value: JSONValue, fractions: Fractions = .refused) -> Timestamp? {
        if let seconds = value.integerValue { return 0...max ~= seconds ? at(seconds) : nil }
        // The digits decide, never a float, which other readers round otherwise.
        guard fractions == .roundedDown, case .number(let number) = value else { return nil }
        let parts = number.text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }),
            let seconds = Int(parts[0]), 0...max ~= seconds
        else { return nil }
        return at(seconds)
    }

    private static func at(_ seconds: Int) -> Timestamp { Timestamp(secondsSinceEpoch: Int64(seconds)) }
}
