import Foundations
import Testing

@Suite("RFC 3339 §5.6: moments in UTC with milliseconds")
struct RFC3339Tests {
    private static func text(_ milliseconds: Int64) -> String {
        var bytes: [UInt8] = []
        RFC3339.append(millisecondsSinceEpoch: milliseconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "texts",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_795_421_071_007, "2026-11-23T08:04:31.007Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"), (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            // Outside the years that the format has.
            (-62_167_219_200_001, "0000-01-01T00:00:00.000Z"), (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
            (.min, "0000-01-01T00:00:00.000Z"), (.max, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)]
    )
    func texts(milliseconds: Int64, expected: String) {
        #expect(Self.text(milliseconds) == expected)
    }

    @Test("a text is appended to what the buffer holds")
    func appends() {
        var bytes = Array("time=".utf8)
        RFC3339.append(millisecondsSinceEpoch: 0, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "time=1970-01-01T00:00:00.000Z")
    }
}

@Suite("RFC 9110 §5.6.7: dates in header fields")
struct HTTPDateTests {
    @Test(
        "texts",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
            (1_795_420_800, "Mon, 23 Nov 2026 08:00:00 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)]
    )
    func texts(seconds: Int64, text: String) {
        #expect(HTTPDate.text(secondsSinceEpoch: seconds) == text)
        #expect(HTTPDate.secondsSinceEpoch(text) == seconds)
    }

    @Test(
        "moments before 1970 and outside the years of the format are written",
        arguments: [
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
            (.min, "Sat, 01 Jan 0000 00:00:00 GMT"), (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] as [(Int64, String)]
    )
    func extremes(seconds: Int64, text: String) {
        #expect(HTTPDate.text(secondsSinceEpoch: seconds) == text)
    }

    @Test(
        "other forms and impossible dates are refused",
        arguments: [
            "", "0", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994",
            "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov +994 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 06 Nov 10000 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
            "Wed, 29 Feb 2023 00:00:00 GMT", "Sun, ٠6 Nov 1994 08:49:37 GMT",
        ]
    )
    func refusals(text: String) {
        #expect(HTTPDate.secondsSinceEpoch(text) == nil)
    }
}
