import OAuthProtocol
import Testing

/// RFC 8414 §2: the issuer identifier.
@Suite("RFC 8414: the issuer")
struct IssuerTests {
    @Test(
        "MD-3: an https URL is kept byte for byte",
        arguments: [
            ("https://auth.example.com", "", "https://auth.example.com", false),
            ("https://Auth.Example.com:8443/t1/x", "/t1/x", "https://auth.example.com:8443", false),
            ("https://auth.example.com:443", "", "https://auth.example.com", false),
            ("http://127.0.0.1:8080", "", "http://127.0.0.1:8080", true),
            ("http://localhost:8080/t1", "/t1", "http://localhost:8080", true),
            ("http://[::1]:1", "", "http://[::1]:1", true),
        ]
    )
    func accepted(text: String, path: String, origin: String, isLoopback: Bool) throws {
        let issuer = try Issuer(text)
        #expect(issuer.text == text)
        #expect(issuer.path == path)
        #expect(issuer.origin == origin)
        #expect(issuer.isLoopback == isLoopback)
        #expect(issuer.url("/oauth/token") == text + "/oauth/token")
    }

    @Test(
        "MD-3: startup fails on everything else",
        arguments: [
            "", "auth.example.com", "https://", "https:auth", "http://auth.example.com", "http://127.0.0.2",
            "ftp://auth",
            "https://auth.example.com/", "https://auth.example.com/t1/", "https://auth.example.com?x",
            "https://auth.example.com?",
            "https://auth.example.com#", "https://auth.example.com#f", "https://user@auth.example.com",
            "https://auth.example.com/a/../b", "https://auth.example.com/%2e", "https://auth.example.com//t1",
            "HTTPS://auth.example.com", "https://bücher.example", "https://auth.example.com\n",
            "https://auth .example.com",
            "https://auth.example.com:0x50",
        ]
    )
    func refused(text: String) {
        #expect(throws: Issuer.Refusal.self) { try Issuer(text) }
    }
}
