/// Reads and writes durations as a configuration spells them: `30s`, `5m`, `1h30m`, `7d`.
package enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// The regular expression that the JSON Schema has of a duration; its minimum length excludes the empty text.
    static let pattern = "^" + units.map { "([0-9]+\($0.suffix))?" }.joined() + "$"

    /// Reads a duration; units go from large to small, each at most once, without sign or fraction.
    ///
    /// - Parameter text: Such as `1h30m`.
    /// - Returns: The duration, or `nil` when the text is not one, has no unit, or is too large to count.
    package static func parse(_ text: String) -> Duration? {
        var rest = text.utf8[...]
        var total: Int64 = 0
        var next = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
            let suffix = rest.dropFirst(digits.count).prefix { $0 < 0x30 || $0 > 0x39 }
            guard !digits.isEmpty, let count = Int64(Substring(digits)),
                let unit = units.indices.first(where: { units[$0].suffix == String(Substring(suffix)) }), unit >= next
            else { return nil }
            let (part, tooLarge) = count.multipliedReportingOverflow(by: units[unit].milliseconds)
            let (sum, overflows) = total.addingReportingOverflow(part)
            guard !tooLarge, !overflows else { return nil }
            total = sum
            next = unit + 1
            rest = rest.dropFirst(digits.count + suffix.count)
        }
        return .milliseconds(total)
    }

    /// Writes a duration in the fewest units that say it exactly, down to milliseconds.
    package static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var rest = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        var text = ""
        for unit in units where rest >= unit.milliseconds {
            // A lifetime of exactly one day reads better as 24h beside others in hours.
            if unit.suffix == "d", rest < 2 * unit.milliseconds { continue }
            text += "\(rest / unit.milliseconds)\(unit.suffix)"
            rest %= unit.milliseconds
        }
        return text.isEmpty ? "0s" : text
    }
}
