import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("CM-8, D-59: the page names the recipient of the answer, never text that a client put into its redirect")
struct RedirectDestinationTests {
    @Test("D-59: the authority of a private-use redirect is not a host, and is not shown as one")
    func privateUse() async throws {
        try await BrowserScene.run(redirectURIs: ["com.evil.app://claude.ai/cb"]) { scene in
            let page = try await scene.open()
            #expect(page.status == 200)
            #expect(page.text.contains("the application that owns com.evil.app:"))
            #expect(!page.text.contains("claude.ai"))
        }
    }

    @Test("D-59, FD-11: nor does the page before a refusal's redirect")
    func interstitial() async throws {
        try await BrowserScene.run(redirectURIs: ["com.evil.app://claude.ai/cb"]) { scene in
            let page = try await scene.open(["response_type": "token"])
            page.expectInterstitial(error: "unsupported_response_type")
            #expect(page.text.contains("Return to the application that owns com.evil.app:</a>"))
            #expect(!page.text.contains(">claude.ai"))
            #expect(!page.text.contains("Return to claude.ai"))
        }
    }

    @Test("CM-8: an https host is shown, and loopback is called a program on this computer")
    func hosts() async throws {
        try await BrowserScene.run(redirectURIs: ["https://app.example.com/cb"]) { scene in
            let page = try await scene.open()
            #expect(page.text.contains("<dd>app.example.com</dd>"))
        }
        try await BrowserScene.run { scene in
            let page = try await scene.open()
            #expect(page.text.contains("<dd>an application on this computer (127.0.0.1)</dd>"))
        }
    }
}
