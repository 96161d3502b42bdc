import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import Testing

@Suite("The page of connections")
struct ConnectionPageTests {
    @Test("a browser without login is asked to sign in, and then sees its own connections without tokens")
    func signIn() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let vended = try #require(try await scene.exchange(token, ["corp"])["access_token"])
            let browser = scene.browser()
            let first = try await scene.connectionsPage(browser)
            #expect(first.status == 200 && first.text.contains("Who are you?") && !first.text.contains("Ada"))
            let page = try await scene.signIn(browser)
            #expect(page.status == 200 && page.text.contains("Ada Lovelace"))
            #expect(page.text.contains("Disconnect corp") && page.text.contains("Disconnect files"))
            #expect(!page.text.contains(vended))
            for (name, value) in [
                ("cache-control", "no-store"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer"),
            ] {
                #expect(page.header(name) == value)
            }
            #expect(page.header("content-security-policy")?.contains("default-src 'none'") ?? false)
            #expect(!page.text.contains("<script"))
            // Looking made neither a user nor a connection.
            let counts = await scene.server.server.stores.vault.counts
            #expect(counts.users == 1 && counts.connections == 2)
        }
    }

    @Test("CO-2, CO-4: of many logins begun on the page the newest are kept, and the cookies stay few")
    func newestLogins() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken()
            let start = scene.browser()
            let page = try await scene.connectionsPage(start)
            let form = page.hiddenFields.map { ($0.key, $0.value) } + [("sign_in", "corp")]
            // In the order of their creation, as RFC 6265 §5.4 has them.
            var cookies = await start.cookies(for: scene.server.issuer).map { (name: $0.key, value: $0.value) }
            var begun: [String] = []
            for _ in 0..<6 {
                let header = cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
                let answer = try await scene.browser().post(
                    try #require(page.formAction),
                    form: form,
                    headerFields: [("cookie", header)]
                )
                for text in answer.headers("set-cookie") {
                    let pair = text.prefix { $0 != ";" }.split(
                        separator: "=",
                        maxSplits: 1,
                        omittingEmptySubsequences: false
                    )
                    cookies.removeAll { $0.name == pair[0] }
                    guard !text.contains("Max-Age=0") else { continue }
                    cookies.append((String(pair[0]), String(pair[1])))
                    if pair[0].contains("gatehouse-page-") { begun.append(String(pair[0])) }
                }
                let kept = cookies.map(\.name).filter { $0.contains("gatehouse-page-") }
                #expect(kept == begun.suffix(4))
            }
            #expect(begun.count == 6)
        }
    }

    @Test("an account of no user gets no page and creates no user")
    func unknownUser() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken()
            let browser = scene.browser()
            let page = try await scene.signIn(browser, as: "grace")
            #expect(page.status == 403 && page.text.contains("Nothing is connected"))
            let counts = await scene.server.server.stores.vault.counts
            #expect(counts.users == 1 && counts.connections == 2)
            #expect(await browser.cookies(for: scene.server.issuer)["gatehouse-login"] == nil)
        }
    }

    @Test("disconnect on the page erases and revokes, and says so")
    func disconnect() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            let done = try await scene.press("disconnect", connection.id.text, on: page, browser)
            #expect(done.status == 200 && done.text.contains("corp is disconnected"))
            #expect(await scene.corp.grantReports().last?.revocation == .client)
            #expect(try await scene.exchange(token, ["corp"])["reason"] == "not_connected")
            let again = try await scene.press("disconnect", connection.id.text, on: page, browser)
            #expect(again.status == 404)
            #expect(try await scene.connectionsPage(browser).text.contains("Connect corp"))
        }
    }

    @Test("D-54: a form from another site, another browser, another user or without its ticket changes nothing")
    func forgedForms() async throws {
        try await VaultScene.run { scene in
            let token = try await scene.accessToken()
            let connection = try await scene.connection(of: token)
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            let id = connection.id.text
            let crossSite = try await scene.press(
                "disconnect",
                id,
                on: page,
                browser,
                headerFields: [("sec-fetch-site", "cross-site")]
            )
            #expect(crossSite.status == 403)
            let foreignOrigin = try await scene.press(
                "disconnect",
                id,
                on: page,
                browser,
                headerFields: [("origin", "https://evil.example.com")]
            )
            #expect(foreignOrigin.status == 403)
            let url = scene.server.issuer + "/connections"
            #expect(try await browser.post(url, form: [("disconnect", id)]).status == 400)
            #expect(try await browser.post(url, form: [("ticket", "AAAA"), ("disconnect", id)]).status == 400)
            // Grace has signed in with her own browser and sends the ticket of Ada's page, and then her own.
            _ = try await scene.accessToken(as: "grace")
            let other = scene.browser()
            let hers = try await scene.signIn(other, as: "grace")
            #expect(try await scene.press("disconnect", id, on: page, other).status == 403)
            #expect(try await scene.press("disconnect", id, on: hers, other).status == 404)
            #expect(await scene.server.server.stores.vault.connection(connection.id) != nil)
            #expect(scene.corp.requestCount(on: .revocation) == 0)
        }
    }

    @Test("D-51, D-53: the callback of a page’s login works once, and only in the browser that began it")
    func callbackIsBound() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken()
            let browser = scene.browser()
            let page = try await scene.connectionsPage(browser)
            let redirect = try await scene.press("sign_in", "corp", on: page, browser)
            // Up to the callback, whose address an attacker might send to a victim.
            let form = try await browser.get(try #require(redirect.header("location")))
            let callback = try await browser.post(
                scene.corp.issuer + (try #require(form.formAction)),
                form: form.hiddenFields.map { ($0.key, $0.value) } + [("user", "ada")]
            )
            let address = try #require(callback.header("location"))
            let victim = scene.browser()
            let refused = try await victim.get(address)
            #expect(refused.status == 403)
            #expect(await victim.cookies(for: scene.server.issuer)["gatehouse-login"] == nil)
            let cookies = await browser.cookies(for: scene.server.issuer)
            #expect(try await browser.get(address).status == 302)
            // The cookie comes back as an attacker with a copy of it would send it.
            for (name, value) in cookies where name.hasPrefix("gatehouse-page-") {
                await browser.setCookie(name, value, for: scene.server.issuer)
            }
            // A second load within 30 s gets the first one's answer.
            scene.server.clock.advance(by: .seconds(31))
            #expect(try await browser.get(address).status == 400)
        }
    }

    @Test("signing out forgets the user; a forged or expired login cookie is none (D-56)")
    func signOut() async throws {
        try await VaultScene.run { scene in
            _ = try await scene.accessToken()
            let browser = scene.browser()
            let page = try await scene.signIn(browser)
            #expect(try await scene.press("sign_out", "yes", on: page, browser).status == 303)
            #expect(try await scene.connectionsPage(browser).text.contains("Who are you?"))
            await browser.setCookie("gatehouse-login", "Zm9yZ2Vk", for: scene.server.issuer)
            #expect(try await scene.connectionsPage(browser).text.contains("Who are you?"))
            await browser.setCookie("gatehouse-login", nil, for: scene.server.issuer)
            _ = try await scene.signIn(browser)
            scene.clock.advance(by: .seconds(9 * 3600))
            #expect(try await scene.connectionsPage(browser).text.contains("Who are you?"))
        }
    }
}
