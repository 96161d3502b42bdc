import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("P1: a user sees the applications with access, and ends them")
struct ApplicationPageTests {
    @Test("P1: an application is listed with what it may do, and its access ends on the page")
    func remove() async throws {
        try await VaultScene.run { scene in
            let tokens = try await scene.logIn()
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            #expect(page.text.contains("Has access") && page.text.contains(TestServer.resource))
            #expect(page.text.contains("<code>mcp:read</code>"))
            #expect(page.text.contains(#"name="remove" value="\#(scene.client.id)""#))
            // With one application there is nothing to end beside it.
            #expect(!page.text.contains("remove_all"))
            let done = try await scene.press("remove", scene.client.id, on: page, browser)
            #expect(done.status == 200 && done.text.contains("The application has no access"))
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").error == "invalid_grant")
            let access = try #require(tokens["access_token"])
            #expect(try await scene.client.introspect(access).json["active"] == false)
            #expect(try await scene.connectionsPage(browser).text.contains("No application has access"))
            #expect(try await scene.press("remove", scene.client.id, on: page, browser).status == 404)
            let events = scene.server.auditLog.all.filter { $0.contains(#""event":"session.ended""#) }
            #expect(events.count == 1 && events[0].contains(#""by":"user""#))
            // The connections stay.
            #expect(await scene.server.server.stores.vault.counts.connections == 2)
        }
    }

    @Test("P1: one application ends, another goes on; all end together, and another user's never do")
    func several() async throws {
        try await VaultScene.run { scene in
            let first = try await scene.logIn()
            var other = scene
            other.client = try await OAuthTestClient.registered(at: scene.server)
            other.client.scope = scene.client.scope
            let second = try await other.logIn()
            let hers = try await scene.logIn(as: "grace")
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            #expect(page.text.contains("remove_all"))
            _ = try await scene.press("remove", scene.client.id, on: page, browser)
            #expect(try await scene.client.refresh(first["refresh_token"] ?? "").error == "invalid_grant")
            let refreshed = try await other.client.refresh(second["refresh_token"] ?? "")
            #expect(refreshed.status == 200)
            let third = try await scene.logIn()
            let done = try await scene.press("remove_all", "yes", on: page, browser)
            #expect(done.status == 200)
            #expect(try await scene.client.refresh(third["refresh_token"] ?? "").error == "invalid_grant")
            #expect(try await other.client.refresh(refreshed["refresh_token"] ?? "").error == "invalid_grant")
            #expect(try await scene.client.refresh(hers["refresh_token"] ?? "").status == 200)
        }
    }

    @Test("P1: a code that the application has not redeemed yet ends too; another application's does not")
    func unredeemedCode() async throws {
        try await VaultScene.run { scene in
            var other = scene
            other.client = try await OAuthTestClient.registered(at: scene.server)
            other.client.scope = scene.client.scope
            _ = try await scene.logIn()
            let (code, otherCode) = (try await scene.code(), try await other.code())
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            _ = try await scene.press("remove", scene.client.id, on: page, browser)
            #expect(try await scene.client.redeem(code).error == "invalid_grant")
            #expect(try await other.client.redeem(otherCode).status == 200)
        }
    }

    @Test("P1, D-54: no other site, no other user, and no login of long ago ends access")
    func refused() async throws {
        try await VaultScene.run { scene in
            let tokens = try await scene.logIn()
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            for (name, value) in [("remove", scene.client.id), ("remove_all", "yes"), ("forget", "AAAA")] {
                let foreign = try await scene.press(
                    name,
                    value,
                    on: page,
                    browser,
                    headerFields: [("sec-fetch-site", "cross-site")]
                )
                #expect(foreign.status == 403, "\(name)")
                let url = scene.server.issuer + "/connections"
                #expect(try await browser.post(url, form: [(name, value)]).status == 400, "\(name)")
            }
            _ = try await scene.logIn(as: "grace")
            let other = scene.browser()
            let hers = try await scene.signIn(other, as: "grace")
            #expect(try await scene.press("remove", scene.client.id, on: page, other).status == 403)
            #expect(try await scene.press("remove", scene.client.id, on: hers, other).status == 200)
            scene.clock.advance(by: .seconds(601))
            // A new page, with the login of ten minutes ago.
            let later = try await scene.connectionsPage(browser)
            let old = try await scene.press("remove", scene.client.id, on: later, browser)
            #expect(old.text.contains("again to change your connections"))
            #expect(try await scene.client.refresh(tokens["refresh_token"] ?? "").status == 200)
        }
    }

    @Test("P1, D-58: the name of a removed or hostile application cannot change the page")
    func hostileNames() async throws {
        try await VaultScene.run { scene in
            var other = scene
            let client = try await BrowserScene.registered(
                at: scene.server,
                redirectURIs: [scene.client.redirectURI],
                name: "<b>Notes</b>"
            )
            other.client.id = client.id
            _ = try await other.logIn()
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            #expect(page.text.contains("&lt;b&gt;Notes") && !page.text.contains("<b>Notes"))
            _ = try await scene.server.server.stores.clients.remove(client.id).outcome
            let later = try await scene.connectionsPage(browser)
            #expect(later.text.contains("An application without a name"))
            #expect(try await scene.press("remove", client.id, on: later, browser).status == 200)
        }
    }
}
