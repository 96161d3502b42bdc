import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("S-21, D-60: a leg that brings a new account shows it and asks")
struct UnconfirmedLegTests {
    /// A login up to the question.
    private func asked(
        _ scene: VaultScene,
        as user: String = "ada",
        atFiles filesUser: String? = nil
    ) async throws -> (page: TestBrowser.Page, browser: TestBrowser) {
        let browser = scene.browser()
        await browser.stopConfirmingLegs()
        let consent = try await browser.get(scene.client.authorizationURL())
        let approved = try await browser.post(
            scene.server.issuer + "/oauth/consent",
            form: [("ticket", consent.hiddenFields["ticket"] ?? ""), ("decision", "approve")]
        )
        return (try await scene.walk(approved, browser, as: user, atFiles: filesUser), browser)
    }

    private func connectionCount(_ scene: VaultScene) async -> Int {
        await scene.server.server.stores.vault.counts.connections
    }

    @Test("S-21: the page names the account and the user; nothing is connected before the user agrees")
    func asks() async throws {
        try await VaultScene.run { scene in
            let (page, browser) = try await asked(scene, atFiles: "grace")
            #expect(page.status == 200 && page.text.contains("Connect <strong>files</strong>?"))
            #expect(page.text.contains("Ada Lovelace") && page.text.contains("Not me"))
            #expect(await connectionCount(scene) == 1)
            let done = try await scene.press("decision", "connect", on: page, browser)
            let code = OAuthTestClient.parameters(of: done.header("location") ?? "")["code"]
            #expect(done.status == 303)
            #expect(try await scene.client.redeem(try #require(code)).status == 200)
            #expect(await connectionCount(scene) == 2)
            // The account is known from now on: the next login asks nothing.
            let again = try await asked(scene, atFiles: "grace").page
            #expect(OAuthTestClient.parameters(of: again.header("location") ?? "")["code"] != nil)
        }
    }

    @Test("S-21: a user who says no connects nothing and gets no code; an optional provider is left out")
    func denied() async throws {
        for isOptional in [false, true] {
            try await VaultScene.run(configure: { $0.upstreams[1].isOptional = isOptional }) { scene in
                let (page, browser) = try await asked(scene)
                let end = try await scene.press("decision", "deny", on: page, browser)
                let parameters = OAuthTestClient.parameters(of: end.header("location") ?? "")
                #expect((parameters["code"] != nil) == isOptional)
                if !isOptional { #expect(parameters["error"] == "access_denied") }
                #expect(await connectionCount(scene) == 1)
            }
        }
    }

    @Test("S-21, D-51: the decision is accepted once, in the browser that was asked, and from our page")
    func bound() async throws {
        try await VaultScene.run { scene in
            let (page, browser) = try await asked(scene)
            let other = try await scene.press("decision", "connect", on: page, scene.browser())
            #expect(other.status == 403)
            let foreign = [
                (name: "origin", value: "https://attacker.example"), (name: "sec-fetch-site", value: "cross-site"),
            ]
            let forged = try await scene.press("decision", "connect", on: page, browser, headerFields: foreign)
            #expect(forged.status == 403)
            #expect(try await scene.press("decision", "maybe", on: page, browser).status == 400)
            #expect(await connectionCount(scene) == 1)
            #expect(try await scene.press("decision", "connect", on: page, browser).status == 303)
            #expect(try await scene.press("decision", "connect", on: page, browser).status == 400)
        }
    }

    @Test("S-21: an answer after ten minutes is too late")
    func late() async throws {
        try await VaultScene.run { scene in
            let (page, browser) = try await asked(scene)
            scene.clock.advance(by: .seconds(601))
            #expect(try await scene.press("decision", "connect", on: page, browser).status == 400)
            #expect(await connectionCount(scene) == 1)
        }
    }

    @Test("S-21, D-62: the account with which another user logs in is refused before anything is asked")
    func otherUsersIdentity() async throws {
        for isOptional in [false, true] {
            try await VaultScene.run(configure: { $0.upstreams[1].isOptional = isOptional }) { scene in
                try await identify("grace", scene)
                let end = try await asked(scene, atFiles: "grace").page
                let parameters = OAuthTestClient.parameters(of: end.header("location") ?? "")
                #expect((parameters["code"] != nil) == isOptional)
                if !isOptional { #expect(parameters["error"] == "access_denied") }
                // Only the first leg's connection exists.
                #expect(await connectionCount(scene) == 1)
            }
        }
    }

    @Test("S-21: an account that became another user's while the page was open is refused")
    func otherUsersInTheMeantime() async throws {
        try await VaultScene.run { scene in
            let (page, browser) = try await asked(scene, atFiles: "grace")
            try await identify("grace", scene)
            let end = try await scene.press("decision", "connect", on: page, browser)
            let parameters = OAuthTestClient.parameters(of: end.header("location") ?? "")
            #expect(parameters["code"] == nil && parameters["error"] == "access_denied")
            #expect(await connectionCount(scene) == 1)
        }
    }

    @Test("S-21: the page says that another user has connected the account; sharing it is possible, knowingly")
    func sharedAccount() async throws {
        try await VaultScene.run { scene in
            let (page, browser) = try await asked(scene, atFiles: "grace")
            #expect(!page.text.contains("Another user of this server"))
            _ = try await scene.press("decision", "connect", on: page, browser)
            let (shared, other) = try await asked(scene, as: "grace", atFiles: "grace")
            #expect(shared.text.contains("Another user of this server has connected the account at files"))
            let done = try await scene.press("decision", "connect", on: shared, other)
            #expect(OAuthTestClient.parameters(of: done.header("location") ?? "")["code"] != nil)
            #expect(await connectionCount(scene) == 4)
        }
    }

    /// Makes an account at the further provider the one with which another user logs in.
    private func identify(_ subject: String, _ scene: VaultScene) async throws {
        let login = UserLogin(
            identity: IdentityKey(namespace: scene.files.issuer, subject: subject),
            name: "Somebody else",
            verifiedEmail: nil
        )
        let vault = scene.server.server.stores.vault
        _ = try await vault.resolveUser(login, candidate: UserID(value: 99), now: scene.clock.now()).outcome
    }
}
