import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import Testing

@Suite("D-25, OM-2: refusals in the browser are in the audit trail and in the metrics")
struct RefusalAuditTests {
    private func reasons(_ scene: BrowserScene, _ event: String) throws -> [String] {
        try scene.auditEvents(event).compactMap { $0["reason"]?.stringValue }
    }

    @Test("D-54: every refused answer to a consent page")
    func consent() async throws {
        try await BrowserScene.run { scene in
            let ticket = try await scene.ticket()
            _ = try await scene.answer(ticket, headerFields: [("origin", "https://evil.example")])
            _ = try await scene.answer("x")
            _ = try await scene.answer(ticket, with: scene.anotherBrowser())
            _ = try await scene.answer(ticket, "maybe")
            _ = try await scene.answer(ticket)
            _ = try await scene.answer(ticket)
            let late = try await scene.ticket()
            scene.server.clock.advance(by: .seconds(600))
            _ = try await scene.answer(late)
            #expect(
                try reasons(scene, "consent.refused")
                    == ["foreign_form", "bad_form", "wrong_browser", "bad_form", "already_used", "expired"]
            )
        }
    }

    @Test("D-51, D-53, D-65: every refused callback")
    func callback() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let base = scene.server.issuer + "/oauth/callback/"
            _ = try await scene.browser.get(base + "missing?state=x&code=y")
            _ = try await scene.browser.get(base + "corp")
            _ = try await scene.browser.get(base + "corp?state=x&code=y")
            _ = try await scene.anotherBrowser().get(url)
            #expect(
                try reasons(scene, "upstream.callback_refused")
                    == ["unknown_upstream", "malformed", "unknown_state", "wrong_browser"]
            )
            #expect(try await scene.browser.get(url).redirectParameters["code"] != nil)
        }
    }

    @Test("AZ-15: a login that ends with an error for the client")
    func failedLogin() async throws {
        try await BrowserScene.run { scene in
            scene.server.provider.script(.oauthError("access_denied"), on: .authorization)
            let page = try await scene.browser.get(try await scene.callbackURL(after: try await scene.approved()))
            #expect(page.redirectParameters["error"] == "access_denied")
            let events = try scene.auditEvents("authorization.refused")
            #expect(events.count == 1)
            #expect(events.first?["client_id"]?.stringValue == scene.client.id)
            #expect(events.first?["error"]?.stringValue == "access_denied")
        }
    }

    @Test("RFC 9207 §2.4: an upstream error that names another issuer is not taken for the provider's")
    func foreignError() async throws {
        try await BrowserScene.run { scene in
            scene.server.provider.script(.oauthError("access_denied"), on: .authorization)
            let url = try await scene.callbackURL(after: try await scene.approved())
            let parameters = OAuthTestClient.parameters(of: url)
            let forged = FormParameters.serialize([
                ("state", try #require(parameters["state"])), ("error", "access_denied"),
                ("iss", "https://evil.example"),
            ])
            let page = try await scene.browser.get(String(url.prefix { $0 != "?" }) + "?" + forged)
            #expect(page.redirectParameters["error"] == "server_error")
        }
    }
}
