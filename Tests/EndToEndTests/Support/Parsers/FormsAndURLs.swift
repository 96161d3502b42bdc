import AuthorizationServerTesting

/// Forms and URLs, most of them slightly wrong where parsers have differed before.
struct FormsAndURLs {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private mutating func pick(_ list: [String]) -> String { list[random.below(list.count)] }

    /// A form's bytes.
    mutating func form() -> [UInt8] {
        let pieces = [
            "a", "scope", "=", "=", "&", "&", "+", "%20", "%2B", "%26", "%3D", "%C3%A9", "é", "%E2%82%AC", "%", "%4",
            "%zz",
            "%00", "%FF", "%C3", "%ED%A0%80", "%F0%9F%98%80", ";", "#", "?", "[]", " ", "\u{0}", "\r\n", "%25", "%2525",
        ]
        var bytes: [UInt8] = []
        for _ in 0..<(1 + random.below(14)) { bytes += Array(pick(pieces).utf8) }
        if random.chance(10) { bytes.append(UInt8(random.below(256))) }
        return bytes
    }

    /// A URL's text.
    mutating func url() -> String {
        var text = pick(["https", "http", "HTTPS", "com.example.app", "custom+a.b-1", "1a", "", "javascript", "http\t"])
        text += pick(["://", "://", "://", "://", ":", ":/", ":///", ":\\\\", "//"])
        if random.chance(15) { text += pick(["user@", "a:b@", "@", "a@b@", "%40@", "good.example\\@"]) }
        text += pick([
            "a.example", "A.Example", "127.0.0.1", "[::1]", "[::1", "::1]", "[v1.a]", "[::ffff:1.2.3.4]", "localhost",
            "",
            "a..b", "xn--a", "%61.example", "a%00b", "0x7f.1", "a_b", "[fe80::1%25eth0]", "é.example", "a b", "[]",
        ])
        if random.chance(40) {
            text += pick([":80", ":", ":0", ":65535", ":65536", ":-1", ":8 0", ":0080", ":a", ":80:90"])
        }
        if random.chance(70) {
            text += pick(["/", "/a/b", "/a/../b", "//", "/%2e%2e/", "/a\\b", "/é", "/a b", "/;a", "/@b"])
        }
        if random.chance(40) { text += pick(["?", "?a=b", "?a?b", "?a#b", "?%", "?\n", "?/@"]) }
        if random.chance(20) { text += pick(["#", "#a", "#a#b", "#?"]) }
        return text
    }
}
