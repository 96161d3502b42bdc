import OAuthProtocol
import Testing

/// RFC 3986 §2.1, and byte equality.
struct PercentEncodingTests {
    @Test(
        "unreserved characters stay, everything else is escaped",
        arguments: [
            ("", ""), ("aZ09-._~", "aZ09-._~"), ("a b", "a%20b"), ("a+b&c=d", "a%2Bb%26c%3Dd"), ("é", "%C3%A9"),
            ("%41", "%2541"), ("\0\n", "%00%0A"), ("https://a/b?c#d", "https%3A%2F%2Fa%2Fb%3Fc%23d"),
        ]
    )
    func encodes(text: String, expected: String) {
        #expect(PercentEncoding.encode(text) == expected)
        #expect(PercentEncoding.decode(expected, plusIsSpace: false) == text)
        #expect(PercentEncoding.decode(expected, plusIsSpace: true) == text)
    }

    @Test("either case of hexadecimal is read, and only once")
    func decodes() {
        #expect(PercentEncoding.decode("%c3%A9", plusIsSpace: false) == "é")
        #expect(PercentEncoding.decode("%2541", plusIsSpace: false) == "%41")
        #expect(PercentEncoding.decode("a+b", plusIsSpace: false) == "a+b")
        #expect(PercentEncoding.decode("a+b%2B", plusIsSpace: true) == "a b+")
        #expect(PercentEncoding.decode("xa%20by".dropFirst().dropLast(), plusIsSpace: false) == "a b")
    }

    @Test(
        "bad escapes and invalid UTF-8 are refused",
        arguments: [
            "%", "%4", "a%", "%4g", "%g4", "%%41", "%+1", "% 1", "%-1", "%ff", "%C3", "%C0%80", "%ED%A0%80", "%u0041",
        ]
    )
    func refuses(text: String) {
        #expect(PercentEncoding.decode(text, plusIsSpace: true) == nil)
        #expect(PercentEncoding.decode(text, plusIsSpace: false) == nil)
    }

    @Test("strings that merely look alike are not the same bytes")
    func byteEquality() {
        #expect("K" == "\u{212A}")
        #expect(!"K".hasSameBytes(as: "\u{212A}"))
        #expect(!"\u{E9}".hasSameBytes(as: "e\u{301}"))
        #expect(!"a".hasSameBytes(as: "ab") && !"".hasSameBytes(as: "a") && !"a".hasSameBytes(as: "A"))
        #expect("https://é.example".hasSameBytes(as: "https://é.example"))
        #expect("".hasSameBytes(as: ""))
    }
}
