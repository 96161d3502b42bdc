import Testing

@testable import OutboundHTTP

struct OutboundURLTests {
    @Test(
        "URLs that two parsers could read differently are refused",
        arguments: [
            "", "example.com", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
            "javascript:alert(1)", "http:/example.com", "https:example.com", "https://", "https:///path",
            "https://:443/",
            "https://user@example.com/", "https://user:secret@example.com/", "https://good.example\\@evil.example/",
            "https://example.com:0/", "https://example.com:65536/", "https://example.com:/", "https://example.com:80a/",
            "https://example.com:443:443/", "https://exa mple.com/", "https://example.com/\r\nX: y",
            "https://example.com/\u{0}",
            "https://exämple.com/", "https://example.com/ä", "https://[::1/", "https://[::1]x/", "https://[v1.a]/",
            "https://ex%61mple.com/", "https://exam<ple.com/", " https://example.com/", "unix://x/",
            "https://example.com/" + String(repeating: "a", count: 8200),
        ]
    )
    func refused(url: String) {
        let error = #expect(throws: OutboundError.self) { try OutboundURL(url) }
        #expect(error?.code == .invalidURL)
    }

    @Test(
        "Scheme, host and port are read",
        arguments: [
            ("https://example.com", true, "example.com", 443), ("HTTP://Example.com/a?b#c", false, "Example.com", 80),
            ("https://example.com:8443?x=@", true, "example.com", 8443), ("http://[::1]:1/", false, "[::1]", 1),
            ("http://0x7f.1#", false, "0x7f.1", 80),
        ]
    )
    func read(url: String, isHTTPS: Bool, host: String, port: Int) throws {
        let target = try OutboundURL(url)
        #expect(target.isHTTPS == isHTTPS)
        #expect(target.host == host)
        #expect(target.port == UInt16(port))
    }
}
