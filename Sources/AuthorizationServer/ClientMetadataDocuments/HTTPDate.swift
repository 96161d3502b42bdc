package import OAuthProtocol

/// RFC 9110 §5.6.7: a date in a header field, in its one preferred form: `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The moment, or `nil` for another form or an impossible date.
    package static func parse(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].utf8.count == 4, parts[5] == "GMT",
            let day = number(parts[1], in: 1...31),
            let month = months.firstIndex(of: String(parts[2])),
            let year = number(parts[3], in: 1970...9999)
        else { return nil }
        let time = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard time.count == 3, let hour = number(time[0], in: 0...23), let minute = number(time[1], in: 0...59),
            let second = number(time[2], in: 0...60)
        else { return nil }
        let days = daysSinceEpoch(year: year, month: Int64(month) + 1, day: day)
        return Timestamp(secondsSinceEpoch: ((days * 24 + hour) * 60 + minute) * 60 + second)
    }

    private static func number(_ text: Substring, in bounds: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text), bounds.contains(number)
        else { return nil }
        return number
    }

    // Days are counted from 1 March of year 0 in eras of 400 years, so that leap days come last.
    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
