/// RFC 9110 §5.6.7: a date in a header field, in its one preferred form: `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The text of a moment in seconds since 1970; moments outside the years 0 to 9999 are written as the first or the
    /// last that the format has.
    package static func text(secondsSinceEpoch: Int64) -> String {
        let moment = CivilMoment(secondsSinceEpoch: secondsSinceEpoch)
        let date = moment.date
        let time = [moment.hour, moment.minute, moment.second].map { padded($0) }.joined(separator: ":")
        let day = "\(padded(date.day)) \(months[date.month - 1]) \(padded(date.year, count: 4))"
        return "\(weekdays[date.weekday]), \(day) \(time) GMT"
    }

    /// The moment in seconds since 1970, or `nil` for another form or an impossible date.
    package static func secondsSinceEpoch(_ text: String) -> Int64? {
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
        let date = CivilDate(year: year, month: month + 1, day: day)
        let days = date.daysSinceEpoch
        guard CivilDate(daysSinceEpoch: days) == date else { return nil }
        return Int64(((days * 24 + hour) * 60 + minute) * 60 + second)
    }

    private static func number(_ text: Substring, in bounds: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy(\.isASCIIDigit), let number = Int(text), bounds.contains(number) else { return nil }
        return number
    }

    private static func padded(_ number: Int, count: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }
}
