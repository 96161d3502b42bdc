/// RFC 7519 §2: `NumericDate`, of which only whole seconds are accepted.
///
/// D-38: a float, a string, a negative or a huge `exp` means different moments to different readers.
enum NumericDate {
    /// The last second of the year 9999.
    static let max = 253_402_300_799

    /// The moment that a value names; `nil` unless it is an integer in range.
    static func timestamp(_ value: JSONValue) -> Timestamp? {
        guard let seconds = value.integerValue, 0...max ~= seconds else { return nil }
        return Timestamp(secondsSinceEpoch: Int64(seconds))
    }
}
