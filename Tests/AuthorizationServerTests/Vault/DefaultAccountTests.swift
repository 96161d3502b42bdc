import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import Testing

@Suite("C-5: the account that is used by default changes by its user's choice alone")
struct DefaultAccountTests {
    /// Connects a second account at `files` on the page, as the user of the browser.
    private static func connectSecond(_ scene: VaultScene, _ browser: TestBrowser) async throws {
        let page = try await scene.signIn(browser)
        let start = try await scene.press("connect", "files", on: page, browser)
        let end = try await scene.walk(start, browser, atFiles: "grace")
        #expect(end.text.contains("files is connected"))
    }

    @Test("C-5: a second account leaves the default alone, in this session and at the next login")
    func secondAccount() async throws {
        try await VaultScene.run { scene in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            let first = try await scene.exchange(token, ["files"])
            try await Self.connectSecond(scene, browser)
            scene.clock.advance(by: .seconds(60))
            #expect(try await scene.exchange(token, ["files"])["access_token"] == first["access_token"])
            let again = try await scene.accessToken()
            #expect(try await scene.exchange(again, ["files"])["access_token"] == first["access_token"])
        }
    }

    @Test("C-5: a choice on the page takes effect at once, and stays over logins and restarts")
    func choice() async throws {
        try await VaultScene.run { scene in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            let first = try await scene.exchange(token, ["files"])
            try await Self.connectSecond(scene, browser)
            let userID = try await scene.connection("files", of: token).userID
            let vault = scene.server.server.stores.vault
            let all = await vault.connections(of: userID).filter { $0.upstream == "files" }
            try #require(all.count == 2)
            let page = try await scene.connectionsPage(browser)
            #expect(page.text.contains("Used unless an application names another"))
            let chosen = try await scene.press("default", all[1].id.text, on: page, browser)
            #expect(chosen.status == 303)
            let second = try await scene.exchange(token, ["files"])
            #expect(second.status == 200 && second["access_token"] != first["access_token"])
            let again = try await scene.accessToken()
            #expect(try await scene.exchange(again, ["files"])["access_token"] == second["access_token"])
            // Back again.
            _ = try await scene.press("default", all[0].id.text, on: try await scene.connectionsPage(browser), browser)
            #expect(try await scene.exchange(again, ["files"])["access_token"] == first["access_token"])
            #expect(scene.server.auditLog.all.count { $0.contains("connection.default_chosen") } == 2)
        }
    }

    @Test("C-5: a user cannot choose for another user, nor an account that is not connected")
    func refusals() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken(as: "grace")
            let foreign = try await scene.connection("files", of: token)
            let browser = scene.browser()
            _ = try await scene.accessToken(browser)
            for text in [foreign.id.text, "made-up", "", ConnectionID(value: Bits128(1)).text] {
                let page = try await scene.signIn(browser)
                let answer = try await scene.press("default", text, on: page, browser)
                #expect(answer.status == 404 || answer.status == 400, "\(text)")
            }
            #expect(!scene.server.auditLog.all.contains { $0.contains("connection.default_chosen") })
        }
    }
}
