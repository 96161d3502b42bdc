/// RFC 3339 §5.6: the text form of moments in logs and the audit trail.
extension Timestamp {
    /// The moment in UTC with milliseconds, such as `2026-11-23T08:04:31.007Z`; limited to the years 0 to 9999, which
    /// the format can express.
    package var rfc3339: String {
        var text: [UInt8] = []
        appendRFC3339(to: &text)
        return String(ascii: text.span)
    }

    /// Appends the same to a buffer of ASCII.
    package func appendRFC3339(to output: inout [UInt8]) {
        let moment = min(max(self, Self.firstWritable), Self.lastWritable)
        let seconds = moment.secondsSinceEpoch
        let milliseconds = moment.millisecondsSinceEpoch - seconds * 1000
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let secondOfDay = seconds - days * 86_400
        let (year, month, day) = Self.civilDate(daysSinceEpoch: days)
        Self.append(year, digits: 4, "-", to: &output)
        Self.append(month, digits: 2, "-", to: &output)
        Self.append(day, digits: 2, "T", to: &output)
        Self.append(secondOfDay / 3600, digits: 2, ":", to: &output)
        Self.append(secondOfDay / 60 % 60, digits: 2, ":", to: &output)
        Self.append(secondOfDay % 60, digits: 2, ".", to: &output)
        Self.append(milliseconds, digits: 3, "Z", to: &output)
    }

    private static let firstWritable = Timestamp(secondsSinceEpoch: -62_167_219_200)
    private static let lastWritable = Timestamp(millisecondsSinceEpoch: 253_402_300_799_999)

    // Days are counted from 1 March of year 0 in eras of 400 years, so that leap days come last.
    private static func civilDate(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// Appends a number with that many digits, and the following separator.
    private static func append(_ number: Int64, digits: Int, _ end: Unicode.Scalar, to output: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
        output.append(UInt8(ascii: end))
    }
}
