import OAuthProtocol
import Testing

/// RFC 3339 §5.6 and RFC 7519 §2: moments, as text and as numbers.
@Suite("RFC 3339: moments")
struct TimestampTests {
    @Test("moments are written in UTC with milliseconds, on their own and into a buffer")
    func texts() {
        let moment = Timestamp(millisecondsSinceEpoch: 1_795_421_071_007)
        #expect(moment.rfc3339 == "2026-11-23T08:04:31.007Z")
        var line = Array("time=".utf8)
        moment.appendRFC3339(to: &line)
        #expect(String(decoding: line, as: UTF8.self) == "time=2026-11-23T08:04:31.007Z")
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
