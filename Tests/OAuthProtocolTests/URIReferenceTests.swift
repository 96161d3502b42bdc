import OAuthProtocol
import Testing

/// RFC 3986: URIs are taken apart strictly and never normalised.
@Suite("RFC 3986: URIs")
struct URIReferenceTests {
    @Test("the parts of a URI are as they were written")
    func parts() throws {
        let uri = try #require(
            URIReference("HTTPS://user:pw@Host.Example:8443/a/b;c?x=1?y#frag?#".dropLast().description)
        )
        #expect(uri.scheme == "https")
        #expect(uri.userInformation == "user:pw")
        #expect(uri.host == "Host.Example")
        #expect(uri.port == 8443)
        #expect(uri.path == "/a/b;c")
        #expect(uri.query == "x=1?y")
        #expect(uri.fragment == "frag?")
        #expect(uri.text.hasPrefix("HTTPS://"))
    }

    @Test(
        "what is absent is nil, what is empty is empty",
        arguments: [
            ("https://h", "h", "", String?.none, String?.none), ("https://h?", "h", "", "", nil),
            ("https://h#", "h", "", nil, ""), ("https://h/?#", "h", "/", "", ""), ("https://", "", "", nil, nil),
            ("https:///p", "", "/p", nil, nil), ("https://h#a?b", "h", "", nil, "a?b"),
            ("https://h?a#b", "h", "", "a", "b"), ("https://h/a?b", "h", "/a", "b", nil),
        ]
    )
    func absentAndEmpty(text: String, host: String, path: String, query: String?, fragment: String?) throws {
        let uri = try #require(URIReference(text))
        #expect(uri.host == host)
        #expect(uri.path == path)
        #expect(uri.query == query)
        #expect(uri.fragment == fragment)
        #expect(uri.userInformation == nil)
        #expect(uri.port == nil)
    }

    @Test("a URI without authority has no host", arguments: ["com.example:/cb", "mailto:a@b", "https:evil", "a:"])
    func noAuthority(text: String) throws {
        #expect(try #require(URIReference(text)).host == nil)
    }

    @Test(
        "D-3, D-6: what is no absolute URI in printable ASCII is refused",
        arguments: [
            "", "/", "//h/p", "h", "://h", "1a://h", "-a://h", "a_b://h", "https", "ht tps://h", " https://h",
            "https://h ", "https://h/a b", "https://h/\t", "https://h/\r\nX: y", "https://h/\u{0}", "https://h/\u{7F}",
            "https://h/é", "https://ｈ/", "https://h/\u{202E}", "https://\u{212A}/", "\u{212A}:x", "https://h/a\u{301}",
            "https://good\\@evil/cb", "https://h\\p", "https://h/<", "https://h/>", "https://h/\"", "https://h/^",
            "https://h/`", "https://h/{x}", "https://h/|", "https://h/%", "https://h/%4", "https://h/%zz",
            "https://h/%%41",
            "https://good%2eevil/", "https://h%40evil/", "https://%68/", "https://h*/", "https://h,i/", "https://[::1",
            "https://::1]/", "https://[]/", "https://[::1]x/", "https://[::1%25eth0]/", "https://[v1.x]/",
            "https://h:", "https://h:/", "https://h:x/", "https://h:-1/", "https://h:+1/", "https://h:65536/",
            "https://h:99999/", "https://h:000080/", "https://h:1:2/", "https://h:80 /", "https://h:٣/",
        ]
    )
    func refusals(text: String) {
        #expect(URIReference(text) == nil)
    }

    @Test("the authority ends at the first slash, question mark or number sign, and user information at the last @")
    func authorityEnd() throws {
        #expect(try #require(URIReference("https://good/@evil")).host == "good")
        #expect(try #require(URIReference("https://good?@evil")).host == "good")
        #expect(try #require(URIReference("https://good#@evil")).host == "good")
        let uri = try #require(URIReference("https://good@evil@worse/"))
        #expect(uri.host == "worse")
        #expect(uri.userInformation == "good@evil")
        #expect(try #require(URIReference("https://@h/")).userInformation == "")
    }

    @Test(
        "dot segments are seen, encoded or not",
        arguments: [
            ("https://h/a/../b", true), ("https://h/./b", true), ("https://h/..", true), ("https://h/.", true),
            ("https://h/%2e%2E/b", true), ("https://h/.%2e", true), ("https://h/%2E", true), ("https://h/%2e./", true),
            ("https://h/", false), ("https://h/a.b/..c", false), ("https://h/...", false), ("https://h/?x=/../", false),
            ("https://h", false), ("https://h/%2e%2e%2e", false),
        ]
    )
    func dotSegments(text: String, expected: Bool) throws {
        #expect(try #require(URIReference(text)).hasDotSegments == expected)
    }

    @Test(
        "FD-3: loopback is three hosts and nothing else",
        arguments: [
            ("http://127.0.0.1", true), ("http://127.0.0.1:1/x", true), ("http://[::1]:1", true),
            ("http://localhost", true),
            ("https://127.0.0.1", false), ("http://127.0.0.2", false), ("http://127.1", false),
            ("http://0.0.0.0", false),
            ("http://localhost.", false), ("http://localhost.evil", false), ("http://localhost@evil", false),
            ("http://[::ffff:127.0.0.1]", false), ("http://[0:0:0:0:0:0:0:1]", false), ("http://0x7f.1", false),
            ("http://2130706433", false), ("http://127.0.0.1.nip.io", false), ("ftp://localhost", false),
        ]
    )
    func loopback(text: String, expected: Bool) throws {
        #expect(try #require(URIReference(text)).isLoopbackHTTP == expected)
    }
}
