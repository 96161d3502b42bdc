/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Equatable, Sendable {
    /// The year; 0 is 1 BC.
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 31.
    package let day: Int

    /// The day of a year, a month and a day of the month, which are not checked.
    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    // Days are counted from 1 March of year 0 in eras of 400 years, so that leap days come last.
    private static let daysInEra = 146_097
    private static let daysFromMarchOfYear0ToEpoch = 719_468

    /// The day so many days after 1970-01-01.
    package init(daysSinceEpoch: Int) {
        let shifted = daysSinceEpoch + Self.daysFromMarchOfYear0ToEpoch
        let era = (shifted >= 0 ? shifted : shifted - (Self.daysInEra - 1)) / Self.daysInEra
        let dayOfEra = shifted - era * Self.daysInEra
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    }

    /// Days since 1970-01-01; a day beyond the month's end counts into the next month.
    package var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * Self.daysInEra + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - Self.daysFromMarchOfYear0ToEpoch
    }

    /// The day of the week; 0 is Sunday.
    package var weekday: Int {
        ((daysSinceEpoch + 4) % 7 + 7) % 7
    }
}

/// A day and a second of it, in UTC.
struct CivilMoment {
    let date: CivilDate
    /// 0 to 86 399: leap seconds are ignored, as POSIX time ignores them.
    let secondOfDay: Int

    /// The first and the last second of the years 0 to 9999, the only ones that the text formats have.
    static let (first, last) = (Int64(-62_167_219_200), Int64(253_402_300_799))

    /// The moment, or the first or last one of the years that can be written.
    init(secondsSinceEpoch: Int64) {
        let seconds = Int(min(max(secondsSinceEpoch, Self.first), Self.last))
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        date = CivilDate(daysSinceEpoch: days)
        secondOfDay = seconds - days * 86_400
    }

    var hour: Int { secondOfDay / 3600 }
    var minute: Int { secondOfDay / 60 % 60 }
    var second: Int { secondOfDay % 60 }
}
