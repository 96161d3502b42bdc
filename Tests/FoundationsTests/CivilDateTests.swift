import Foundations
import Testing

@Suite("The calendar")
struct CivilDateTests {
    @Test("days are counted as a calendar on paper counts them over the 400 years after which it repeats")
    func everyDay() {
        var (year, month, day) = (1900, 1, 1)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let first = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        #expect(first == -25_567)
        var mismatches: [CivilDate] = []
        for index in 0..<146_097 {
            let date = CivilDate(daysSinceEpoch: first + index)
            let expected = CivilDate(year: year, month: month, day: day)
            // 1 January 1900 was a Monday.
            if date != expected || expected.daysSinceEpoch != first + index || date.weekday != (index + 1) % 7 {
                mismatches.append(expected)
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
        }
        #expect(mismatches.isEmpty)
        #expect(year == 2300)
    }

    @Test("days before the year 0 are counted too", arguments: [-719_529, -719_528, -719_468, -800_000, -1_000_000])
    func early(days: Int) {
        let date = CivilDate(daysSinceEpoch: days)
        #expect(date.daysSinceEpoch == days)
        #expect((1...12).contains(date.month) && (1...31).contains(date.day) && (0...6).contains(date.weekday))
        #expect((date.year < 0) == (days < -719_528))
    }

    @Test("a day that the month does not have is not the day that it counts as")
    func impossible() {
        let date = CivilDate(year: 2023, month: 2, day: 29)
        #expect(CivilDate(daysSinceEpoch: date.daysSinceEpoch) == CivilDate(year: 2023, month: 3, day: 1))
    }
}
