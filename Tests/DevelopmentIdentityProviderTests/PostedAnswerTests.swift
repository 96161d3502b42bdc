import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@Suite("OAuth 2.0 Form Post Response Mode 1.0: answers as a form")
struct PostedAnswerTests {
    /// The hidden fields of a page.
    private func fields(_ answer: OutboundResponse) -> [String: String] {
        let found = answer.text.matches(of: /<input type="hidden" name="([^"]*)" value="([^"]*)">/)
        return Dictionary(found.map { (String($0.1), String($0.2)) }) { $1 }
    }

    @Test("the page posts code and state to the redirect URI, by one script that its policy allows")
    func page() async throws {
        try await TestWorld.run { world in
            let query = TestWorld.authorizationQuery(["response_mode": "form_post"])
            let answer = try await world.get(.authorization, query: query)
            #expect(answer.status == 200)
            #expect(answer.text.contains("<form method=\"post\" action=\"\(TestWorld.redirectURI)\">"))
            let fields = fields(answer)
            #expect(fields["state"] == "st4te" && fields["iss"] == world.provider.issuer && fields["user"] == nil)
            let hash = Base64.encode(SHA256.hash("document.forms[0].submit()").bytes)
            #expect(answer.values(of: "Content-Security-Policy").first?.contains("'sha256-\(hash)'") == true)
            #expect(try await world.redeem(try #require(fields["code"])).status == 200)
        }
    }

    @Test("errors are posted too; a mode that is not supported is refused by redirect")
    func errors() async throws {
        try await TestWorld.run { world in
            world.provider.script(.oauthError("access_denied"), on: .authorization)
            let query = TestWorld.authorizationQuery(["response_mode": "form_post"])
            #expect(fields(try await world.get(.authorization, query: query))["error"] == "access_denied")
            let fragment = TestWorld.authorizationQuery(["response_mode": "fragment"])
            let refused = try await world.get(.authorization, query: fragment).redirectParameters()
            #expect(refused.values("error") == ["invalid_request"])
        }
    }

    @Test("as Apple: scopes need form_post, and only the first answer names the user")
    func names() async throws {
        try await TestWorld.run({ $0.openIDConnect.quirks = [.postsAnswers] }) { world in
            let refused = try await world.get(.authorization, query: TestWorld.authorizationQuery)
            #expect(try refused.redirectParameters().values("error") == ["invalid_request"])
            let plain = try await world.get(.authorization, query: TestWorld.authorizationQuery(["scope": "openid"]))
            #expect(try plain.redirectParameters().values("code").count == 1)
        }
        try await TestWorld.run({ $0.openIDConnect.quirks = [.postsAnswers] }) { world in
            let query = TestWorld.authorizationQuery(["response_mode": "form_post"])
            let first = fields(try await world.get(.authorization, query: query))
            #expect(first["user"]?.contains("&quot;firstName&quot;:&quot;Ada&quot;") == true)
            #expect(fields(try await world.get(.authorization, query: query))["user"] == nil)
        }
    }
}
