import AuthorizationServerTesting
import OAuthClientKit
import ServerConfiguration
import Testing

@Suite("The pages say whose server this is")
struct BrandingPageTests {
    private static func brand(_ configuration: inout Configuration) {
        configuration.branding.name = "Example <b>Ltd</b>"
        configuration.branding.accentColor = AccentColor("#7a0055")
        configuration.branding.supportURL = "https://help.example.com/?a=1&b=2"
        configuration.branding.imprintURL = "https://example.com/imprint"
        configuration.branding.footer = "Questions? Ask \"IT\"."
    }

    @Test("with name, colour, help, legal notice and footer, escaped, on pages of every kind")
    func configured() async throws {
        try await BrowserScene.run(configure: Self.brand) { scene async throws in
            for page in [try await scene.open(), try await scene.open(["client_id": "unknown"])] {
                page.expectPageHeaders()
                #expect(page.text.contains("– Example &lt;b&gt;Ltd&lt;/b&gt;</title>"))
                #expect(!page.text.contains("<b>"))
                #expect(page.text.contains("--accent:#7a0055}"))
                #expect(page.text.contains("href=\"https://help.example.com/?a=1&amp;b=2\""))
                #expect(page.text.contains(">Help</a>") && page.text.contains(">Legal notice</a>"))
                #expect(page.text.contains("Ask &quot;IT&quot;."))
                #expect(!page.text.contains(" style="))
            }
            let german = try await scene.open(headerFields: [(name: "accept-language", value: "de")])
            #expect(german.text.contains(">Hilfe</a>") && german.text.contains(">Impressum</a>"))
        }
    }

    @Test("without any of them the site is the issuer's host, and there is no footer")
    func plain() async throws {
        try await BrowserScene.run { scene async throws in
            let page = try await scene.open()
            #expect(page.text.contains("– 127.0.0.1"))
            #expect(!page.text.contains("<footer"))
        }
    }
}
