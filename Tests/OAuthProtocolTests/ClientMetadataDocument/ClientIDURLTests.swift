import OAuthProtocol
import Testing

@Suite("OAuth Client ID Metadata Document §3: the URL that is a client_id (CM-1)")
struct ClientIDURLTests {
    @Test(
        "CM-1: URLs that clients have",
        arguments: [
            "https://claude.ai/oauth/claude-code-client-metadata", "https://chatgpt.com/oauth/abc/client.json",
            "https://client.example:8443/c", "https://client.example/a%20b", "https://client.example/a//b",
        ]
    )
    func accepted(_ text: String) throws {
        let url = try ClientIDURL(text, allowsLoopback: false)
        #expect(url.text == text)
    }

    @Test(
        "CM-1: what is no client's URL",
        arguments: [
            "https://client.example", "https://client.example/", "http://client.example/c", "HTTPS://client.example/c",
            "https://client.example/a/../c", "https://client.example/a/./c", "https://client.example/%2e%2E/c",
            "https://client.example/c#fragment", "https://client.example/c#", "https://user@client.example/c",
            "https://user:pass@client.example/c", "https://client.example/c?a=1", "https://client.example/c?",
            "https:///c", "https:client.example/c", "https://client.example\\@evil.example/c", "https://cl ient/c",
            "https://clïent.example/c", "https://client.example/c\n", "https://client.example:99999/c",
            "http://127.0.0.1/c", "http://localhost/c", "ftp://client.example/c", "javascript:alert(1)//c", "",
        ]
    )
    func refused(_ text: String) {
        #expect(throws: ClientIDURL.Refusal.self) { _ = try ClientIDURL(text, allowsLoopback: false) }
    }

    @Test("CM-1: a URL of more than two kilobytes is refused")
    func length() throws {
        let start = "https://client.example/"
        let longest = start + String(repeating: "a", count: ClientIDURL.byteCountMax - start.utf8.count)
        _ = try ClientIDURL(longest, allowsLoopback: false)
        #expect(throws: ClientIDURL.Refusal.self) { _ = try ClientIDURL(longest + "a", allowsLoopback: false) }
    }

    @Test("CM-2, LF-8: http is for loopback, and only where the issuer is on loopback too")
    func loopback() throws {
        for text in ["http://127.0.0.1:8000/c", "http://localhost/c", "http://[::1]:8000/c"] {
            #expect(try ClientIDURL(text, allowsLoopback: true).isLoopback)
            #expect(throws: ClientIDURL.Refusal.self) { _ = try ClientIDURL(text, allowsLoopback: false) }
        }
        for text in ["http://client.example/c", "http://10.0.0.1/c", "http://127.0.0.2/c", "http://localhost.evil/c"] {
            #expect(throws: ClientIDURL.Refusal.self) { _ = try ClientIDURL(text, allowsLoopback: true) }
        }
    }

    @Test("CM-1: an id is meant as a URL by its first characters alone")
    func meaning() {
        #expect(ClientIDURL.isMeant(by: "https://client.example", allowsLoopback: false))
        #expect(!ClientIDURL.isMeant(by: "http://127.0.0.1/c", allowsLoopback: false))
        #expect(ClientIDURL.isMeant(by: "http://127.0.0.1/c", allowsLoopback: true))
        #expect(!ClientIDURL.isMeant(by: "dcr_abc", allowsLoopback: true))
    }

    @Test("D-93: a URL that leads to ourselves, however it is spelled")
    func ourselves() throws {
        let issuer = try Issuer("https://auth.example.com")
        for text in [
            "https://auth.example.com/c", "https://AUTH.example.com/c", "https://auth.example.com:443/.well-known/x",
        ] {
            #expect(try ClientIDURL(text, allowsLoopback: false).isServed(by: issuer))
        }
        for text in ["https://auth.example.com:8443/c", "https://auth.example.com.evil.example/c"] {
            #expect(try !ClientIDURL(text, allowsLoopback: false).isServed(by: issuer))
        }
        let local = try Issuer("http://127.0.0.1:9000")
        for text in [
            "http://localhost:9000/c", "http://[::1]:9000/c", "https://127.0.0.1:9000/c", "http://localhost:9001/c",
        ] {
            #expect(try ClientIDURL(text, allowsLoopback: true).isServed(by: local, listeningOn: [9001]))
        }
        #expect(
            try !ClientIDURL("http://localhost:9002/c", allowsLoopback: true).isServed(by: local, listeningOn: [9001])
        )
    }
}
