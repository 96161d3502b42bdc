/// RFC 3339 §5.6: moments as logs and the audit trail write them.
package enum RFC3339 {
    /// Appends a moment in UTC with milliseconds, such as `2026-11-23T08:04:31.007Z`, to a buffer of ASCII.
    ///
    /// Moments outside the years 0 to 9999, the only ones that the format has, are written as the first or the last.
    package static func append(millisecondsSinceEpoch: Int64, to output: inout [UInt8]) {
        let writable = min(max(millisecondsSinceEpoch, CivilMoment.first * 1000), CivilMoment.last * 1000 + 999)
        let milliseconds = writable % 1000
        let remainder = milliseconds < 0 ? milliseconds + 1000 : milliseconds
        let moment = CivilMoment(secondsSinceEpoch: (writable - remainder) / 1000)
        append(moment.date.year, digits: 4, "-", to: &output)
        append(moment.date.month, digits: 2, "-", to: &output)
        append(moment.date.day, digits: 2, "T", to: &output)
        append(moment.hour, digits: 2, ":", to: &output)
        append(moment.minute, digits: 2, ":", to: &output)
        append(moment.second, digits: 2, ".", to: &output)
        append(Int(remainder), digits: 3, "Z", to: &output)
    }

    /// Appends a number in that many digits, and the character that follows it.
    private static func append(_ number: Int, digits: Int, _ end: Unicode.Scalar, to output: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            output.append(0x30 + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
        output.append(UInt8(ascii: end))
    }
}
