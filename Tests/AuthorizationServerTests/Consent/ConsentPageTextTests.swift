import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("CO-6: everything that a client says of itself is shown as plain text")
struct ConsentPageTextTests {
    @Test("D-58: hostile names, scopes, states and hints are escaped or absent")
    func escaping() async throws {
        let hostile = #"</strong><script>alert("1")</script><img src=x onerror='alert(2)'>&amp;"#
        try await BrowserScene.run(clientName: hostile) { scene in
            let page = try await scene.open([
                "state": hostile, "nonce": hostile, "login_hint": hostile, "acr_values": hostile, "ui_locales": hostile,
                "scope": "mcp:read <script>alert(3)</script>", "claims": hostile, "display": hostile,
            ])
            #expect(page.status == 200)
            page.expectPageHeaders()
            #expect(!page.text.contains("<img"))
            #expect(!page.text.contains("alert(\"1\")"))
            #expect(!page.text.contains("alert(3)"))
            #expect(
                page.text.contains(
                    "&lt;/strong&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(2)"
                )
            )
            #expect(page.text.contains("&amp;amp;"))
        }
    }

    @Test("D-58: a configured scope or resource with markup is escaped too")
    func configuredText() async throws {
        func configure(_ configuration: inout Configuration) {
            configuration.scopes = ScopeSet(["mcp:<b>"])
            configuration.resources[0].scopes = ScopeSet(["mcp:<b>"])
            configuration.upstreams[0].scopes = ["openid", "<u>&'"]
        }
        try await BrowserScene.run(configure: configure) { scene in
            let page = try await scene.open(["scope": "mcp:<b>"])
            #expect(page.status == 200)
            #expect(page.text.contains("mcp:&lt;b&gt;"))
            #expect(page.text.contains("&lt;u&gt;&amp;&#39;"))
            #expect(!page.text.contains("<b>"))
            #expect(!page.text.contains("<u>"))
        }
    }

    @Test("D-59, CR-7: direction and control characters are stripped from names, and the host is shown beside them")
    func bidirectionalName() async throws {
        let name = "Cla\u{202E}ude\u{2066}\u{200F}\u{0000}\u{0007}\u{FEFF}\u{2028}"
        try await BrowserScene.run(redirectURIs: ["https://evil.example/cb"], clientName: name) { scene in
            let page = try await scene.open()
            #expect(page.text.contains("<strong>Claude</strong>"))
            #expect(page.text.contains("evil.example"))
            for scalar in name.unicodeScalars where scalar.properties.generalCategory == .format {
                #expect(!page.text.unicodeScalars.contains(scalar))
            }
        }
    }

    @Test("CR-7, D-91: a name is bounded in scalars, because one character can have thousands of them")
    func combiningMarks() async throws {
        let name = "A" + String(repeating: "\u{301}", count: 20_000)
        try await BrowserScene.run(clientName: name) { scene in
            let page = try await scene.open()
            #expect(page.status == 200)
            #expect(page.text.utf8.count < 10_000)
        }
    }

    @Test("CR-7: a name without visible characters is no name", arguments: ["\u{202E}\u{200B}", "   ", ""])
    func invisibleName(_ name: String) async throws {
        try await BrowserScene.run(clientName: name) { scene in
            let page = try await scene.open()
            #expect(page.text.contains("An application without a name"))
        }
    }

    @Test("CO-5, D-57: the consent page cannot be framed, posts to us alone, and its style has a nonce of its own")
    func headers() async throws {
        try await BrowserScene.run { scene in
            let pages = [try await scene.open(), try await scene.open()]
            for page in pages {
                page.expectPageHeaders()
                #expect(page.formAction == scene.server.issuer + "/oauth/consent")
                let policy = try #require(page.header("content-security-policy"))
                let nonce = try #require(policy.split(separator: "'nonce-").last?.split(separator: "'").first)
                #expect(page.text.contains("<style nonce=\"\(nonce)\">"))
                #expect(!page.text.contains(" style="))
            }
            #expect(pages[0].header("content-security-policy") != pages[1].header("content-security-policy"))
        }
    }

    @Test("D-24: no page loads anything from elsewhere")
    func subresources() async throws {
        try await BrowserScene.run { scene in
            for page in [try await scene.open(), try await scene.open(["client_id": "x"])] {
                // The picture for the tab comes with the page.
                let parts = page.text.split(separator: "<link rel=\"icon\" href=\"data:image/svg+xml,")
                #expect(parts.count == 2)
                for text in ["src=", "<link", "<iframe", "url(", "@import"] {
                    #expect(!parts.joined().contains(text), "\(text)")
                }
            }
        }
    }
}
