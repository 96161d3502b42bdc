import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import Testing

@Suite("JB-10, SEP-1036: connecting an upstream in place")
struct ConnectInPlaceTests {
    /// A session without `files`, and the address at which its user can connect it.
    private static func missing(_ scene: VaultScene) async throws -> (token: String, uri: String) {
        let token = try await scene.accessToken()
        let connection = try await scene.connection("files", of: token)
        _ = try await scene.server.server.stores.vault.disconnect(connection.id).outcome
        let answer = try await scene.exchange(token, ["files"])
        #expect(answer["reason"] == "not_connected")
        let uri = try #require(answer["connect_uri"])
        #expect(uri.hasPrefix(scene.server.issuer + "/connections/connect/"))
        return (token, uri)
    }

    /// The page behind the address, in a browser that has signed in.
    private static func page(
        _ uri: String,
        _ scene: VaultScene,
        _ browser: TestBrowser,
        as user: String = "ada"
    ) async throws -> TestBrowser.Page {
        let first = try await browser.get(uri)
        #expect(first.status == 200 && first.text.contains("Who are you?"))
        return try await scene.walk(try await scene.press("sign_in", "corp", on: first, browser), browser, as: user)
    }

    @Test("the user follows the link, connects, and the same session gets its token")
    func connect() async throws {
        try await VaultScene.run { scene in
            let (token, uri) = try await Self.missing(scene)
            let browser = scene.browser()
            let page = try await Self.page(uri, scene, browser)
            #expect(page.status == 200 && page.text.contains("Connect <strong>files</strong>?"))
            #expect(page.text.contains("Ada Lovelace"))
            // CO-1: what the provider will be asked for, also where the link itself needs nothing in particular.
            #expect(page.text.contains("offline_access</code>") || page.text.contains("offline_access "))
            let done = try await scene.walk(try await scene.press("decision", "connect", on: page, browser), browser)
            #expect(done.status == 200 && done.text.contains("files is connected"))
            #expect(try await scene.exchange(token, ["files"]).status == 200)
            #expect(scene.server.auditLog.all.contains { $0.contains("connection.connected") })
        }
    }

    @Test("D-60: another user in the browser is refused, however the link got there")
    func anotherUser() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken(as: "grace")
            let (token, uri) = try await Self.missing(scene)
            let browser = scene.browser()
            let page = try await Self.page(uri, scene, browser, as: "grace")
            #expect(page.status == 403 && page.text.contains("someone else"))
            #expect(scene.server.auditLog.all.contains { $0.contains("connection.refused") })
            // Nor by a form that Grace makes herself.
            let hers = try await scene.connectionsPage(browser)
            let forced = try await browser.post(
                uri,
                form: [("ticket", hers.hiddenFields["ticket"] ?? ""), ("decision", "connect")]
            )
            #expect(forced.status == 403)
            #expect(try await scene.exchange(token, ["files"])["reason"] == "not_connected")
        }
    }

    @Test("D-62: the user who signs out and in as someone else on the way is refused at the end")
    func switchedOnTheWay() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken(as: "grace")
            let (token, uri) = try await Self.missing(scene)
            let (adas, graces) = (scene.browser(), scene.browser())
            let page = try await Self.page(uri, scene, adas)
            let redirect = try await scene.press("decision", "connect", on: page, adas)
            _ = try await scene.signIn(graces, as: "grace")
            let login = try #require(await graces.cookies(for: scene.server.issuer)["gatehouse-login"])
            await adas.setCookie("gatehouse-login", login, for: scene.server.issuer)
            let end = try await scene.walk(redirect, adas, as: "grace")
            #expect(end.status == 403)
            #expect(try await scene.exchange(token, ["files"])["reason"] == "not_connected")
        }
    }

    @Test("an account that is another person’s here is not taken over")
    func accountOfAnother() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken(as: "grace")
            let (token, uri) = try await Self.missing(scene)
            let browser = scene.browser()
            let page = try await Self.page(uri, scene, browser)
            let end = try await scene.walk(
                try await scene.press("decision", "connect", on: page, browser),
                browser,
                atFiles: "grace"
            )
            #expect(end.status == 403 && end.text.contains("belongs to someone else"))
            #expect(try await scene.exchange(token, ["files"])["reason"] == "not_connected")
        }
    }

    @Test("D-62: an account that two people share is renewed by either")
    func sharedAccount() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken()
            let browser = scene.browser()
            let token = try await scene.accessToken(browser, as: "grace", atFiles: "ada")
            let answer = try await scene.exchange(token, ["files"], [("scope", "address")])
            let uri = try #require(answer["connect_uri"])
            let page = try await Self.page(uri, scene, browser, as: "grace")
            let redirect = try await scene.press("decision", "connect", on: page, browser)
            let end = try await scene.walk(redirect, browser, as: "grace", atFiles: "ada")
            #expect(end.status == 200 && end.text.contains("files is connected"))
            #expect(try await scene.exchange(token, ["files"], [("scope", "address")]).status == 200)
        }
    }

    @Test("VX-5: a link is followed once, within ten minutes, and looking at it uses nothing up")
    func singleUse() async throws {
        try await VaultScene.run { scene in
            let (_, uri) = try await Self.missing(scene)
            let browser = scene.browser()
            let page = try await Self.page(uri, scene, browser)
            for _ in 0..<3 { #expect(try await browser.get(uri).status == 200) }
            #expect(try await scene.press("decision", "connect", on: page, browser).status == 303)
            let again = try await scene.press("decision", "connect", on: page, browser)
            #expect(again.status == 400 && again.text.contains("no longer valid"))
        }
        try await VaultScene.run { scene in
            let (_, uri) = try await Self.missing(scene)
            scene.clock.advance(by: .seconds(601))
            #expect(try await scene.browser().get(uri).status == 400)
            #expect(try await scene.browser().get(uri + "A").status == 404)
            #expect(try await scene.browser().get(scene.server.issuer + "/connections/connect/AAAA").status == 404)
        }
    }

    @Test("scope_missing asks the provider for what is missing besides the rest, and for the same account")
    func widen() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let answer = try await scene.exchange(token, ["files"], [("scope", "address")])
            #expect(answer.error == "interaction_required" && answer["reason"] == "scope_missing")
            #expect(answer["missing_scopes"] == "address")
            let uri = try #require(answer["connect_uri"])
            let browser = scene.browser()
            let page = try await Self.page(uri, scene, browser)
            #expect(page.text.contains("openid") && page.text.contains("<code>address</code>"))
            let redirect = try await scene.press("decision", "connect", on: page, browser)
            let asked = OAuthTestClient.parameters(of: redirect.header("location") ?? "")["scope"] ?? ""
            #expect(Set(asked.split(separator: " ")).isSuperset(of: ["openid", "offline_access", "address"]))
            let end = try await scene.walk(redirect, browser)
            #expect(end.status == 200)
            #expect(try await scene.exchange(token, ["files"], [("scope", "address")]).status == 200)
        }
    }

    @Test("a widened connection keeps its account: another one of the same user is refused")
    func widenAnotherAccount() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let uri = try #require(try await scene.exchange(token, ["files"], [("scope", "address")])["connect_uri"])
            let browser = scene.browser()
            let page = try await Self.page(uri, scene, browser)
            let end = try await scene.walk(
                try await scene.press("decision", "connect", on: page, browser),
                browser,
                atFiles: "grace"
            )
            #expect(end.status == 403 && end.text.contains("a different account"))
            #expect(try await scene.connections(token).json["connections"]?.arrayValue?.count == 2)
        }
    }

    @Test("a user who denies, and a provider that fails, leave the connections unchanged")
    func declined() async throws {
        try await VaultScene.run { scene in
            let (token, uri) = try await Self.missing(scene)
            let browser = scene.browser()
            let page = try await Self.page(uri, scene, browser)
            let denied = try await scene.press("decision", "deny", on: page, browser)
            #expect(denied.status == 200 && denied.text.contains("was not connected"))
            scene.files.script(.oauthError("access_denied"), on: .authorization)
            let failed = try await scene.walk(try await scene.press("decision", "connect", on: page, browser), browser)
            #expect(failed.status == 403)
            #expect(try await scene.exchange(token, ["files"])["reason"] == "not_connected")
        }
    }
}
