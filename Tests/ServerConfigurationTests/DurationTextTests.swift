import ServerConfiguration
import Testing

@Suite("Durations as a configuration spells them")
struct DurationTextTests {
    @Test(
        "are read",
        arguments: [
            ("0s", Duration.zero), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h30m", .seconds(5400)),
            ("30d", .seconds(2_592_000)), ("1d2h3m4s5ms", .milliseconds(93_784_005)), ("120s", .seconds(120)),
            ("250ms", .milliseconds(250)), ("007s", .seconds(7)),
        ]
    )
    func reads(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(
        "are refused",
        arguments: [
            "", "30", "s", "-30s", "+30s", "1.5h", "30 s", " 30s", "30s ", "30S", "1m1h", "1h1h", "5 minutes", "1w",
            "PT5M", "٣s", "1h-5m", "9223372036854775807s", "99999999999999999999s", "106751991168d", "1hh", "h1",
        ]
    )
    func refuses(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        "are written in the units one reads",
        arguments: [
            (Duration.zero, "0s"), (.seconds(60), "1m"), (.seconds(86_400), "24h"), (.seconds(30 * 86_400), "30d"),
            (.seconds(5400), "1h30m"), (.milliseconds(1500), "1s500ms"),
        ]
    )
    func writes(duration: Duration, text: String) {
        #expect(DurationText.format(duration) == text)
        #expect(DurationText.parse(text) == duration)
    }
}
