import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("S-07: a browser login ends when its user, the provider or an administrator ends it")
struct BrowserLoginTests {
    private static let cookie = "gatehouse-login"
    private static let asksWho = "Who are you?"

    /// A browser that has only a copy of another's login.
    private static func copy(of browser: TestBrowser, _ scene: VaultScene) async throws -> TestBrowser {
        let thief = scene.browser()
        let value = try #require(await browser.cookies(for: scene.server.issuer)[cookie])
        await thief.setCookie(cookie, value, for: scene.server.issuer)
        return thief
    }

    private static func isSignedIn(_ browser: TestBrowser, _ scene: VaultScene) async throws -> Bool {
        try await !scene.connectionsPage(browser).text.contains(asksWho)
    }

    private static func administrate(_ scene: VaultScene, _ path: String, bearer: Bool = true) async throws -> Int {
        let fields = bearer ? [(name: "authorization", value: "Bearer admin-token-for-tests")] : []
        return try await scene.client.send("POST", scene.server.managementURL + path, headerFields: fields).status
    }

    @Test("S-07: signing out in all browsers ends copies of the cookie; signing out here does not end other browsers")
    func everywhere() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let (browser, other) = (scene.browser(), scene.browser())
            _ = try await scene.signIn(other)
            var page = try await scene.signIn(browser)
            #expect(try await scene.press("sign_out", "yes", on: page, browser).status == 303)
            #expect(try await !Self.isSignedIn(browser, scene))
            #expect(try await Self.isSignedIn(other, scene))
            page = try await scene.signIn(browser)
            let thief = try await Self.copy(of: browser, scene)
            #expect(try await Self.isSignedIn(thief, scene))
            #expect(try await scene.press("sign_out", "everywhere", on: page, browser).status == 303)
            for ended in [browser, other, thief] { #expect(try await !Self.isSignedIn(ended, scene)) }
            // Applications go on, and the user signs in again.
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
            _ = try await scene.signIn(browser)
            #expect(try await Self.isSignedIn(browser, scene))
            #expect(try await !Self.isSignedIn(thief, scene))
            let events = try scene.server.auditEvents("user.signed_out")
            #expect(events.map { $0["by"]?.stringValue } == ["user"])
        }
    }

    @Test("S-07: a provider's logout ends the browser logins of the account's user, and no other user's")
    func backChannelLogout() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken()
            _ = try await scene.accessToken(as: "grace")
            let (browser, graces) = (scene.browser(), scene.browser())
            _ = try await scene.signIn(browser)
            _ = try await scene.signIn(graces, as: "grace")
            let thief = try await Self.copy(of: browser, scene)
            let logout = try scene.corp.logoutToken(BackChannelLogout(clientID: "gatehouse", subject: "ada"))
            #expect(try await scene.postLogout(logout).status == 200)
            #expect(try await !Self.isSignedIn(browser, scene))
            #expect(try await !Self.isSignedIn(thief, scene))
            #expect(try await Self.isSignedIn(graces, scene))
            #expect(try scene.server.auditEvents("user.signed_out").map { $0["by"]?.stringValue } == ["provider"])
        }
    }

    @Test("S-07: a form that was shown before the logout changes nothing after it")
    func formOfAnEndedLogin() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            _ = try await scene.server.server.stores.vault.endLogins(of: connection.userID).outcome
            for (name, value) in [("disconnect", connection.id.text), ("connect", "files"), ("sign_out", "everywhere")]
            {
                #expect(try await scene.press(name, value, on: page, browser).status == 403)
            }
            #expect(await scene.server.server.stores.vault.connection(connection.id) != nil)
            #expect(await scene.server.server.stores.vault.user(connection.userID)?.loginEpoch == 1)
        }
    }

    @Test("S-07: an administrator ends the browser logins of a user, and only an administrator does")
    func administrator() async throws {
        try await VaultScene.run { scene in
            let connection = try await scene.connection(of: try await scene.accessToken())
            let browser = scene.browser()
            _ = try await scene.signIn(browser)
            let path = "/admin/users/\(connection.userID.text)/sign-out"
            #expect(try await Self.administrate(scene, path, bearer: false) == 401)
            #expect(try await Self.isSignedIn(browser, scene))
            #expect(try await Self.administrate(scene, path) == 200)
            #expect(try await !Self.isSignedIn(browser, scene))
            #expect(try await Self.administrate(scene, "/admin/users/u_AAAAAAAAAAAAAAAAAAAAAA/sign-out") == 404)
            #expect(try await Self.administrate(scene, "/admin/users/nonsense/sign-out") == 404)
        }
    }

    @Test("S-07: connecting and disconnecting need a sign-in of the last ten minutes; looking does not")
    func freshness() async throws {
        try await VaultScene.run { scene in
            let connection = try await scene.connection(of: try await scene.accessToken())
            let browser = scene.browser()
            _ = try await scene.signIn(browser)
            for (name, value) in [("disconnect", connection.id.text), ("connect", "files")] {
                scene.clock.advance(by: .seconds(600))
                let page = try await scene.connectionsPage(browser)
                #expect(page.text.contains("Your connections"))
                let answer = try await scene.press(name, value, on: page, browser)
                #expect(answer.status == 200 && answer.text.contains("again to change your connections"))
                // The page that asks leads back to where the user was.
                let again = try await scene.walk(
                    try await scene.press("sign_in", "corp", on: answer, browser),
                    browser
                )
                #expect(again.status == 200 || again.status == 401)
            }
            #expect(await scene.server.server.stores.vault.connection(connection.id) != nil)
            let signedIn = try await scene.signIn(browser)
            scene.clock.advance(by: .seconds(590))
            let ended = try await scene.press("disconnect", connection.id.text, on: signedIn, browser)
            #expect(ended.status == 200 && !ended.text.contains(Self.asksWho))
            #expect(await scene.server.server.stores.vault.connection(connection.id) == nil)
        }
    }

    @Test("S-07: a connect link asks for a recent sign-in too")
    func connectLink() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection("files", of: token)
            _ = try await scene.server.server.stores.vault.disconnect(connection.id).outcome
            let browser = scene.browser()
            _ = try await scene.signIn(browser)
            scene.clock.advance(by: .seconds(300))
            let uri = try #require(try await scene.exchange(token, ["files"])["connect_uri"])
            let page = try await browser.get(uri)
            #expect(page.text.contains("Connect <strong>files</strong>?"))
            scene.clock.advance(by: .seconds(300))
            for stale in [try await browser.get(uri), try await scene.press("decision", "connect", on: page, browser)] {
                #expect(stale.status == 200 && stale.text.contains("again to connect your own account"))
            }
            let fresh = try await scene.walk(
                try await scene.press("sign_in", "corp", on: try await browser.get(uri), browser),
                browser
            )
            let done = try await scene.walk(try await scene.press("decision", "connect", on: fresh, browser), browser)
            #expect(done.status == 200 && done.text.contains("files is connected"))
        }
    }

    @Test("S-07: consent: remember asks again after the user's logins have ended")
    func rememberedConsent() async throws {
        try await BrowserScene.run(
            redirectURIs: ["https://client.example.com/cb"],
            configure: { $0.consent = .remember }
        ) { scene in
            let own = [(name: "sec-fetch-site", value: "none")]
            #expect(try await scene.authorize()["code"] != nil)
            #expect(try await scene.open(headerFields: own).status == 302)
            let vault = scene.server.server.stores.vault
            let identity = IdentityKey(namespace: scene.server.provider.issuer, subject: "ada")
            let user = try #require(await vault.userID(of: identity))
            _ = try await vault.endLogins(of: user).outcome
            let page = try await scene.open(headerFields: own)
            #expect(page.status == 200 && page.hiddenFields["ticket"] != nil)
        }
    }
}
