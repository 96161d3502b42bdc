import OAuthProtocol
import Testing

/// RFC 3339 §5.6 and RFC 7519 §2: moments, as text and as numbers.
@Suite("RFC 3339: moments")
struct TimestampTests {
    @Test(
        "moments in UTC with milliseconds",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_795_421_071_007, "2026-11-23T08:04:31.007Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"), (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"),
        ]
    )
    func texts(milliseconds: Int64, expected: String) {
        #expect(Timestamp(millisecondsSinceEpoch: milliseconds).rfc3339 == expected)
    }

    @Test("moments beyond the years that RFC 3339 knows stop at its ends", arguments: [Int64.min, Int64.max])
    func extremes(milliseconds: Int64) {
        let expected = milliseconds < 0 ? "0000-01-01T00:00:00.000Z" : "9999-12-31T23:59:59.999Z"
        #expect(Timestamp(millisecondsSinceEpoch: milliseconds).rfc3339 == expected)
    }

    @Test("the calendar agrees with itself day by day for four hundred years")
    func everyDay() {
        var (year, month, day) = (1900, 1, 1)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        var mismatches: [String] = []
        for index in 0..<146_097 {
            let moment = Timestamp(secondsSinceEpoch: -2_208_988_800 + Int64(index) * 86_400)
            let expected = "\(year)-\(padded(month))-\(padded(day))T00:00:00.000Z"
            if moment.rfc3339 != expected {
                mismatches.append(expected)
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) {
                (day, month) = (1, month + 1)
            }
            if month > 12 {
                (month, year) = (1, year + 1)
            }
        }
        #expect(mismatches.isEmpty)
        #expect(year == 2300)
    }

    @Test(
        "seconds are rounded down, before the epoch too",
        arguments: [(Int64(1999), Int64(1)), (1000, 1), (999, 0), (0, 0), (-1, -1), (-1000, -1), (-1001, -2)]
    )
    func seconds(milliseconds: Int64, seconds: Int64) {
        #expect(Timestamp(millisecondsSinceEpoch: milliseconds).secondsSinceEpoch == seconds)
    }

    @Test("D-38: numbers that do not fit stop at the ends of the scale, in every operation")
    func saturation() {
        let (first, last) = (Timestamp(secondsSinceEpoch: .min), Timestamp(secondsSinceEpoch: .max))
        #expect(first.millisecondsSinceEpoch == .min && last.millisecondsSinceEpoch == .max)
        #expect(last + .seconds(1) == last)
        #expect(first - .seconds(1) == first)
        #expect(last + .seconds(Int64.max) == last)
        #expect(first - last < .zero)
        #expect(last - first > .zero)
        #expect(first - Timestamp(secondsSinceEpoch: 1_795_000_000) < .zero)
    }

    @Test("moments add, subtract and compare")
    func arithmetic() {
        let moment = Timestamp(secondsSinceEpoch: 100)
        #expect(moment + .milliseconds(1500) == Timestamp(millisecondsSinceEpoch: 101_500))
        #expect(moment - .seconds(100) == Timestamp(millisecondsSinceEpoch: 0))
        #expect(moment - Timestamp(secondsSinceEpoch: 40) == .seconds(60))
        #expect(Timestamp(secondsSinceEpoch: 40) - moment == .seconds(-60))
        #expect(Timestamp(secondsSinceEpoch: 40) < moment)
    }

    @Test("durations in whole units")
    func durations() {
        #expect(Duration.milliseconds(1999).wholeSeconds == 1)
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
        #expect((Duration.seconds(Int64.max / 1000) + .milliseconds(999)).wholeMilliseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMilliseconds == .min)
        #expect(Duration.milliseconds(-1500).wholeMilliseconds == -1500)
    }
}
