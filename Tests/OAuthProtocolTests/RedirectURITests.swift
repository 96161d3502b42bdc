import OAuthProtocol
import Testing

/// RFC 6749 §3.1.2.3 and RFC 8252 §7: redirect URIs, registered and requested.
@Suite("RFC 8252: redirect URIs")
struct RedirectURITests {
    private static let cursor = "cursor://anysphere.cursor-mcp/oauth/callback"
    private static let policy = RedirectURI.Policy(allowedPrivateUse: [cursor])

    private func refusal(_ text: String, isWeb: Bool = false, policy: RedirectURI.Policy = policy) -> String? {
        do {
            try RedirectURI.validateForRegistration(text, policy: policy, isWebApplication: isWeb)
            return nil
        } catch {
            return error.reason
        }
    }

    // MARK: - Registration

    @Test(
        "CR-2, CR-5, FD-3, FD-4: what clients really use can be registered",
        arguments: [
            "https://claude.ai/api/mcp/auth_callback", "https://chatgpt.com/connector/oauth/abc-123_x",
            "https://insiders.vscode.dev/redirect", "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://127.0.0.1/", "http://127.0.0.1:33418/", "http://localhost:8787/callback",
            "http://localhost/callback",
            "http://[::1]:4444/cb", "http://127.0.0.1", "https://c", "https://c:8443/cb?tenant=1&x=%20",
            "https://c/cb?",
            "https://c/cb@evil", "https://c/~a/b;c=d,e!$&'()", cursor, "com.example.app:/oauth2redirect",
            "com.example.app://callback/x", "org.gnome.shell:cb", "https://192.0.2.1/cb",
        ]
    )
    func accepted(text: String) {
        #expect(refusal(text) == nil)
    }

    @Test(
        "CR-2, D-3, D-5, D-6, D-7: what hides its host, runs or cannot be compared is refused",
        arguments: [
            "", "callback", "/callback", "//c/cb", "https:", "https://", "https:///cb", "https:/c/cb", "https:c",
            // D-7: fragment and user information.
            "https://c/cb#", "https://c/cb#x", "https://user@c/cb", "https://good@evil/cb", "https://@c/cb",
            "http://localhost@evil/cb", "com.example.app:/cb#f",
            // D-3, D-6: look-alikes, control bytes, raw non-ASCII.
            "https://good\\@evil/cb", "https://good%2eevil/cb", "https://c/cb\r\nSet-Cookie: a=b", "https://c/cb\u{0}",
            "https://c/ cb", " https://c/cb", "https://c/cb\t", "https://\u{212A}/cb", "https://c/\u{202E}bc",
            "https://bücher.example/cb", "http://\u{FF11}27.0.0.1/cb", "http://localho\u{17F}t/cb",
            // Wildcards.
            "https://*.example.com/cb", "http://localhost:*/cb", "https://c/*", "https://c/cb?x=*",
            // http beyond loopback (FD-4).
            "http://c/cb", "http://127.0.0.2/cb", "http://0.0.0.0/cb", "http://localhost.evil/cb", "http://127.1/cb",
            "http://[::]/cb", "http://10.0.0.1/cb", "http:///cb", "HTTP://c/cb",
            // D-5: schemes that run or show what they carry.
            "javascript:alert(1)", "JavaScript:alert(1)", "javascript://c/%0aalert(1)", "data:text/html,x", "DATA:,x",
            "vbscript:x", "file:///etc/passwd", "blob:https://c/x", "mailto:a@b", "about:blank",
            "filesystem:https://c/x",
            "ws://c/", "wss://c/", "ftp://c/",
            // FD-4: private-use schemes without an owner.
            "cursor://other/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback/", "myapp://cb",
            "claude://cb",
            "a.:cb", "intent://c/#Intent;end", "view-source:https://c",
            "cursor://anysphere.cursor-mcp/oauth/callback?x",
            // AZ-14: an answer has one of each; a registered one would be a second.
            "https://c/cb?code=1", "https://c/cb?x=1&state=2", "https://c/cb?iss=https://evil", "https://c/cb?error=x",
            "https://c/cb?%63ode=1", "https://c/cb?code", "com.example.app:/cb?iss=1",
        ]
    )
    func refused(text: String) {
        #expect(refusal(text) != nil)
    }

    @Test("CR-2: 2048 bytes are the most")
    func length() {
        let base = "https://c/"
        #expect(refusal(base + String(repeating: "a", count: 2048 - base.utf8.count)) == nil)
        #expect(refusal(base + String(repeating: "a", count: 2049 - base.utf8.count)) != nil)
    }

    @Test(
        "CR-5: a web application has https only",
        arguments: [
            ("https://c/cb", true), ("http://localhost/cb", false), ("http://127.0.0.1/cb", false), (cursor, false),
            ("com.example.app:/cb", false),
        ]
    )
    func webApplications(text: String, isAccepted: Bool) {
        #expect((refusal(text, isWeb: true) == nil) == isAccepted)
    }

    @Test("FD-4: without the operator's list, Cursor's callback is refused; deny-listed schemes cannot be listed")
    func allowList() {
        #expect(refusal(Self.cursor, policy: .init()) != nil)
        #expect(refusal("javascript:alert(1)", policy: .init(allowedPrivateUse: ["javascript:alert(1)"])) != nil)
    }

    @Test("OAuthError: every reason is fit for error_description")
    func reasons() throws {
        for text in ["", "https://c/#", "http://c/", "javascript:x", "my\"app:x", "cursor:x", "https://c/cb?iss=1"] {
            let reason = try #require(refusal(text))
            #expect(reason.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
        }
    }

    // MARK: - Matching

    @Test(
        "AZ-4, AZ-6, FD-3: the same bytes match, and another port of loopback http",
        arguments: [
            ("https://c/cb", "https://c/cb"), ("https://c/cb?x=1", "https://c/cb?x=1"),
            ("http://127.0.0.1:51004/cb", "http://127.0.0.1/cb"), ("http://127.0.0.1/cb", "http://127.0.0.1:33418/cb"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"),
            ("http://localhost:51004/callback", "http://localhost/callback"),
            ("http://[::1]:51004/cb", "http://[::1]/cb"), ("http://127.0.0.1:1/cb?a=b", "http://127.0.0.1/cb?a=b"),
            ("http://127.0.0.1:1", "http://127.0.0.1"), (cursor, cursor), ("com.example:/cb", "com.example:/cb"),
        ]
    )
    func matching(requested: String, registered: String) {
        #expect(RedirectURI.matches(requested: requested, registered: registered))
        #expect(RedirectURI.match(requested, among: ["https://other/cb", registered]))
    }

    @Test(
        "AZ-5, D-4: variants of a registered https URI do not match",
        arguments: [
            "https://c/cb/", "https://c:443/cb", "HTTPS://C/cb", "HTTPS://c/cb", "https://C/cb", "https://c/cb?x",
            "https://c/cb?", "https://c/%63b", "https://c/cb/../cb", "https://c/./cb", "https://c/CB", "https://c/c",
            "https://c/cb/x", "https://c/cbx", "https://c", "https://c/", "http://c/cb", "https://c:8443/cb",
            "https://c./cb",
            "https://xc/cb", "https://c.evil/cb", "https://c@evil/cb", "https://evil/c/cb", "https://c/cb#",
            "https://c/cb#x",
            "https://c\\@evil/cb", "https://c%2eevil/cb", "https://c/cb@evil", "//c/cb", "", " https://c/cb",
            "https://c/cb ",
            "https://c/cb\n", "https://c/cb\u{0}", "https://c//cb", "https://c/cb;x", "https://c/cb&state=1",
        ]
    )
    func httpsVariants(requested: String) {
        #expect(!RedirectURI.matches(requested: requested, registered: "https://c/cb"))
    }

    @Test(
        "AZ-6, D-8, FD-3: loopback http is lenient about the port and nothing else",
        arguments: [
            "http://127.0.0.2:51004/cb", "http://localhost:51004/cb", "http://[::1]:51004/cb",
            "http://127.0.0.1:51004/cb/",
            "http://127.0.0.1:51004/cb?x", "http://127.0.0.1:51004/cb?", "http://127.0.0.1:51004/c%62",
            "http://127.0.0.1:51004",
            "http://127.0.0.1:51004/x/../cb", "https://127.0.0.1:51004/cb", "HTTP://127.0.0.1:51004/cb",
            "http://127.0.0.1:51004/cb#", "http://user@127.0.0.1:51004/cb", "http://127.0.0.1@evil:51004/cb",
            "http://127.0.0.1.evil:51004/cb", "http://127.0.0.1:51004:80/cb", "http://127.0.0.1:/cb",
            "http://127.0.0.1:x/cb",
            "http://127.0.0.1:70000/cb", "http://127.0.0.1:51004\\cb", "http://127.0.0.1:51004/CB",
            "http://0.0.0.0:51004/cb",
            "http://127.1:51004/cb", "http://2130706433/cb", "http://evil:51004/cb", "http://[::ffff:127.0.0.1]/cb",
        ]
    )
    func loopbackVariants(requested: String) {
        #expect(!RedirectURI.matches(requested: requested, registered: "http://127.0.0.1/cb"))
        #expect(!RedirectURI.match(requested, among: ["http://127.0.0.1:8080/cb", "https://c/cb"]))
    }

    @Test(
        "FD-3: localhost is not 127.0.0.1, nor a host that merely begins or looks like it",
        arguments: [
            "http://127.0.0.1:1/cb", "http://[::1]:1/cb", "http://localhost.:1/cb", "http://localhost.evil/cb",
            "http://localhost@evil/cb", "http://LOCALHOST:1/cb", "http://Localhost/cb", "http://localho\u{17F}t/cb",
            "http://ｌocalhost/cb",
        ]
    )
    func localhostVariants(requested: String) {
        #expect(!RedirectURI.matches(requested: requested, registered: "http://localhost/cb"))
    }

    @Test("FD-3: the leniency is not for https, private-use schemes or other hosts")
    func noLeniency() {
        #expect(!RedirectURI.matches(requested: "https://localhost:1/cb", registered: "https://localhost/cb"))
        #expect(!RedirectURI.matches(requested: "com.example://h:1/cb", registered: "com.example://h/cb"))
        #expect(!RedirectURI.matches(requested: "http://10.0.0.1:1/cb", registered: "http://10.0.0.1/cb"))
        #expect(!RedirectURI.matches(requested: "http://127.0.0.1:1/cb", registered: "HTTP://127.0.0.1/cb"))
        #expect(!RedirectURI.matches(requested: "http://localhost:1/cb", registered: "http://u@localhost/cb"))
        #expect(!RedirectURI.matches(requested: "http://localhost:1/cb", registered: "http://localhost/cb#f"))
    }

    @Test("AZ-4: characters that Swift holds equal are not the same bytes")
    func canonicalEquivalence() {
        #expect("https://c/\u{212A}" == "https://c/K")
        #expect(!RedirectURI.matches(requested: "https://c/\u{212A}", registered: "https://c/K"))
        #expect(!RedirectURI.matches(requested: "https://c/e\u{301}", registered: "https://c/\u{E9}"))
        #expect(!RedirectURI.match("https://c/\u{212A}", among: ["https://c/K", "http://localhost/K"]))
    }

    @Test("CR-2: nothing longer than 2048 bytes is matched")
    func longRequests() {
        let long = "https://c/" + String(repeating: "a", count: 2048)
        #expect(!RedirectURI.match(long, among: [long]))
    }

    @Test("D-1: nothing matches an empty registration")
    func emptyRegistration() {
        #expect(!RedirectURI.match("https://c/cb", among: []))
        #expect(!RedirectURI.match("", among: ["https://c/cb"]))
    }

    // MARK: - Adding parameters

    @Test(
        "AZ-4: parameters join the registered query",
        arguments: [
            ("https://c/cb", "https://c/cb?a=1&b=x%20y%26"), ("https://c/cb?t=1", "https://c/cb?t=1&a=1&b=x%20y%26"),
            ("https://c/cb?", "https://c/cb?a=1&b=x%20y%26"),
            ("http://127.0.0.1:1", "http://127.0.0.1:1?a=1&b=x%20y%26"),
            ("com.example:/cb", "com.example:/cb?a=1&b=x%20y%26"),
        ]
    )
    func adding(base: String, expected: String) {
        #expect(RedirectURI.adding([("a", "1"), ("b", "x y&")], to: base) == expected)
    }

    @Test(
        "D-6: no parameter can leave its place",
        arguments: ["\r\nLocation: x", "\u{0}", "#f", "&iss=evil", "é\u{202E}", "+"]
    )
    func hostileValues(value: String) throws {
        let url = RedirectURI.adding([("state", value)], to: "https://c/cb")
        let uri = try #require(URIReference(url))
        #expect(uri.fragment == nil)
        let parameters = try FormParameters(query: try #require(uri.query))
        #expect(parameters.names == ["state"])
        #expect(parameters.values("state") == [value])
    }

    @Test("nothing to add leaves the URI as it is")
    func addingNothing() {
        #expect(RedirectURI.adding([], to: "https://c/cb?x") == "https://c/cb?x")
    }
}
