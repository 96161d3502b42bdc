import Testing

@testable import OAuthProtocol

@Suite("RFC 9449 §4.3: how URIs of proofs are compared")
struct NormalizedTargetTests {
    @Test(
        "RFC 3986 §6.2: spellings of one URI are the same",
        arguments: [
            ("https://Server.Example.com/token", "https://server.example.com/token"),
            ("HTTPS://server.example.com/token", "https://server.example.com/token"),
            ("https://server.example.com:443/token", "https://server.example.com/token"),
            ("http://server.example.com:80", "http://server.example.com/"),
            ("https://server.example.com", "https://server.example.com/"),
            ("https://server.example.com/token?a=b#c", "https://server.example.com/token"),
            ("https://server.example.com/%74oken", "https://server.example.com/token"),
            ("https://server.example.com/a%2fb", "https://server.example.com/a%2Fb"),
            ("https://server.example.com/a/./b/../c", "https://server.example.com/a/c"),
            ("https://server.example.com/a/..", "https://server.example.com/"),
            ("https://server.example.com/a/.", "https://server.example.com/a/"),
            ("https://server.example.com/../../a", "https://server.example.com/a"),
            ("https://server.example.com/%2e%2e/a", "https://server.example.com/a"),
        ]
    )
    func same(first: String, second: String) {
        let normalized = NormalizedTarget(first)
        #expect(normalized != nil && normalized == NormalizedTarget(second))
    }

    @Test(
        "two URIs never become one",
        arguments: [
            ("https://server.example.com/token", "http://server.example.com/token"),
            ("https://server.example.com:8443/token", "https://server.example.com/token"),
            ("http://server.example.com:443/token", "https://server.example.com/token"),
            ("https://server.example.com/token", "https://server.example.com/token/"),
            ("https://server.example.com/token", "https://server.example.com/Token"),
            ("https://server.example.com/a%2Fb", "https://server.example.com/a/b"),
            ("https://server.example.com//token", "https://server.example.com/token"),
            ("https://server.example.com/a%3Fb", "https://server.example.com/a"),
        ]
    )
    func different(first: String, second: String) {
        let normalized = NormalizedTarget(first)
        #expect(normalized != nil && normalized != NormalizedTarget(second))
    }

    @Test(
        "what is no URI of a request is none",
        arguments: [
            "", "/token", "server.example.com/token", "https://ada@server.example.com/token", "urn:x:y",
            "https:///token",
            "ftp://server.example.com/token", "https://server.example.com\\@evil.example/token",
        ]
    )
    func none(text: String) {
        #expect(NormalizedTarget(text) == nil)
    }
}
