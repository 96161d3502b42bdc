import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("LF-1: the order of checks at the authorization endpoint")
struct CheckOrderTests {
    /// Faults of each step, in the order in which they are looked at.
    private static let faults: [[String: String?]] = [
        ["client_id": "unknown"], ["redirect_uri": "https://evil.example/cb"], ["request": "x"],
        ["response_type": "token"], ["code_challenge_method": "plain"], ["resource": "https://other.example.com"],
        ["scope": "a\"b"], ["prompt": "none"],
    ]

    @Test("D-1, D-2: whatever else is wrong, an unknown client and an unverified redirect URI come first and are pages")
    func pagesFirst() async throws {
        try await BrowserScene.run { scene in
            for first in 0..<2 {
                for other in (first + 1)..<Self.faults.count {
                    let both = Self.faults[first].merging(Self.faults[other], uniquingKeysWith: { $1 })
                    let page = try await scene.open(both)
                    page.expectErrorPage(400, "\(both)")
                    let alone = try await scene.open(Self.faults[first])
                    #expect(page.withoutNonce == alone.withoutNonce, "\(both)")
                }
            }
        }
    }

    @Test("of two redirectable faults the earlier check decides")
    func redirectable() async throws {
        try await BrowserScene.run { scene in
            for first in 2..<Self.faults.count {
                let alone = try await scene.open(Self.faults[first])
                for other in (first + 1)..<max(first + 1, Self.faults.count) {
                    let both = Self.faults[first].merging(Self.faults[other], uniquingKeysWith: { $1 })
                    let page = try await scene.open(both)
                    #expect(page.header("location") == alone.header("location"), "\(both)")
                }
            }
        }
    }

    @Test("D-9: a repeated client_id is a page even when both values are good clients")
    func twoClients() async throws {
        try await BrowserScene.run { scene in
            let other = try await BrowserScene.registered(at: scene.server, redirectURIs: [scene.client.redirectURI])
            let url = scene.client.authorizationURL() + "&client_id=" + other.id
            try await scene.browser.get(url).expectErrorPage()
        }
    }

    @Test("D-10: there is one place for parameters; a form does not count, and POST is not answered")
    func postedForm() async throws {
        try await BrowserScene.run { scene in
            let url = scene.server.issuer + "/oauth/authorize"
            let posted = try await scene.browser.post(url, form: scene.client.authorizationParameters())
            #expect(posted.status == 405)
            let mixed = try await scene.browser.post(
                scene.client.authorizationURL(),
                form: [("redirect_uri", "https://evil.example/cb")]
            )
            #expect(mixed.status == 405)
            #expect(mixed.header("location") == nil)
        }
    }
}

@Suite("OAuth 2.1 §2.3: a URI that cannot be registered is never redirected to")
struct RegisteredRedirectTests {
    @Test("D-5, D-6, D-7, CR-2: dangerous, broken and ambiguous redirect URIs are refused with their index")
    func refused() async throws {
        let uris = [
            "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,<script>", "vbscript:x", "file:///etc/passwd",
            "blob:https://a.example/x", "about:blank", "mailto:a@b.example", "http://a.example/cb",
            "https://a.example/cb#f", "https://a.example/cb#", "https://u@a.example/cb", "https://u:p@a.example/cb",
            "https://*.example/cb", "http://localhost:*/cb", "https:///cb", "https:a.example/cb", "//a.example/cb",
            "/cb",
            "", " ", "https://a.example/\r\nX: y", "https://a.example/\u{0}", "https://a.example/\tx",
            "https://a.example/ü", "https://a.example/a b", #"https://good\@evil.example/cb"#,
            "https://good%2eevil.example/cb", "https://a.example/%zz", "myapp://cb", "http://localhost.evil.example/cb",
            "http://127.0.0.1@evil.example/cb", "http://[::1/cb", "https://a.example:99999/cb", "ftp://a.example/cb",
            "https://a.example/" + String(repeating: "a", count: 2048),
        ]
        try await BrowserScene.run { scene in
            for uri in uris {
                let answer = try await scene.client.register([
                    "redirect_uris": ["http://127.0.0.1/cb", .string(uri)], "token_endpoint_auth_method": "none",
                ])
                #expect(answer.status == 400, "\(uri)")
                #expect(answer.error == "invalid_redirect_uri", "\(uri)")
                #expect(answer["error_description"]?.contains("redirect_uris[1]") == true, "\(uri)")
                #expect(answer["client_id"] == nil)
            }
            #expect(try scene.auditEvents("client.registered").count == 1)
        }
    }
}
