import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("CO-3, UP-3: the callback takes one answer, from the right provider, in the browser that approved")
struct CallbackTests {
    /// The callback's address with other parameters.
    private static func url(_ scene: BrowserScene, _ parameters: [(String, String)]) -> String {
        scene.server.issuer + "/oauth/callback/" + TestServer.upstream + "?" + FormParameters.serialize(parameters)
    }

    @Test("D-52, D-53: a missing state is 400, a foreign or guessed one 403, and nothing is stored")
    func state() async throws {
        try await BrowserScene.run { scene in
            let guess = Base64URL.encode(Array(repeating: 7, count: 32))
            for parameters in [[], [("code", "x")], [("state", ""), ("code", "x")]] {
                try await scene.browser.get(Self.url(scene, parameters)).expectErrorPage(400, "\(parameters)")
            }
            for parameters in [
                [("state", "x"), ("code", "x")], [("state", guess), ("code", "x")],
                [("state", guess), ("error", "access_denied")], [("state", "state-123"), ("code", "x")],
            ] {
                try await scene.browser.get(Self.url(scene, parameters)).expectErrorPage(403, "\(parameters)")
            }
            let bare = scene.server.issuer + "/oauth/callback/" + TestServer.upstream
            try await scene.browser.get(bare).expectErrorPage()
            try await scene.browser.get(bare + "?state=%zz&code=x").expectErrorPage()
            try await scene.expectNothingStored()
            #expect(scene.server.provider.capturedRequests().isEmpty)
        }
    }

    @Test("D-51: the victim of a link to another user's login gets 403, and the user who approved can still finish")
    func otherBrowser() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let victim = scene.anotherBrowser()
            let refusal = try await victim.get(url)
            refusal.expectErrorPage(403, "no cookie")
            // A guessed state gets the same answer, so that guessing does not find out which logins exist.
            let guess = try await victim.get(Self.url(scene, [("state", "guess"), ("code", "x")]))
            guess.expectErrorPage(403)
            #expect(guess.withoutNonce == refusal.withoutNonce)
            // A victim that has begun a login of its own gets 403 too.
            let page = try await victim.get(scene.client.authorizationURL())
            _ = try await scene.answer(try #require(page.hiddenFields["ticket"]), with: victim)
            try await victim.get(url).expectErrorPage(403, "another flow's cookie")
            #expect(try scene.auditEvents("upstream.callback_refused").count == 3)
            #expect(scene.server.provider.requestCount(on: .token) == 0)
            let answer = try await scene.browser.get(url)
            #expect(try await scene.client.redeem(try #require(answer.redirectParameters["code"])).status == 200)
        }
    }

    @Test("D-52: a cookie that was planted before consent opens nothing")
    func plantedCookie() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let name = try #require(
                await scene.browser.cookies(for: scene.server.issuer).keys.first { $0.contains("flow") }
            )
            let victim = scene.anotherBrowser()
            for value in ["", "x", Base64URL.encode(Array(repeating: 0, count: 32))] {
                await victim.setCookie(name, value, for: scene.server.issuer)
                try await victim.get(url).expectErrorPage(403, value)
            }
            // The right value beside a planted one of the same name is ambiguous.
            let planted = [(name: "cookie", value: "\(name)=planted")]
            try await scene.browser.get(url, headerFields: planted).expectErrorPage(403)
            #expect(try await scene.browser.get(url).status == 302)
        }
    }

    @Test("D-60: an attacker's own answer, opened in the victim's browser, is no login")
    func loginForgery() async throws {
        try await BrowserScene.run { scene in
            let attacker = BrowserScene(server: scene.server, client: scene.client, browser: scene.anotherBrowser())
            let url = try await attacker.callbackURL(after: try await attacker.approved(), as: "grace")
            try await scene.browser.get(url).expectErrorPage(403)
            #expect(await scene.browser.cookies(for: scene.server.issuer).isEmpty)
            #expect(try await scene.metrics()["gatehouse_users"] == 0)
        }
    }

    @Test("RFC 9110 §9.3.2: HEAD, which link scanners send, uses nothing up, whatever it brings")
    func head() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            for probe in [url, url, scene.server.issuer + "/oauth/callback/corp?state=made-up&code=x"] {
                let answer = try await scene.client.send("HEAD", probe)
                #expect(answer.status == 200 && answer.header("location") == nil)
                #expect(answer.header("set-cookie") == nil && answer.header("cache-control") == "no-store")
            }
            #expect(scene.server.provider.requestCount(on: .token) == 0)
            #expect(try await scene.metrics()["gatehouse_pending_authorizations"] == 1)
            #expect(try await scene.browser.get(url).redirectParameters["code"] != nil)
        }
    }

    @Test("D-53: an answer counts once; a replay elsewhere or later is refused and the first code stays good")
    func replay() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let first = try await scene.browser.get(url)
            let code = try #require(first.redirectParameters["code"])
            try await scene.anotherBrowser().get(url).expectErrorPage(403)
            try await scene.browser.get(url.replacing("code=", with: "code=x")).expectErrorPage()
            scene.server.clock.advance(by: .seconds(30))
            try await scene.browser.get(url).expectErrorPage()
            #expect(scene.server.provider.requestCount(on: .token) == 1)
            #expect(try await scene.client.redeem(code).status == 200)
        }
    }

    @Test("LF-3, P-18: sixteen loads of one callback at once by one browser are one login, with one answer")
    func race() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let cookie = await scene.browser.cookies(for: scene.server.issuer)
                .map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
            let transport = scene.server.transport
            let pages = try await withThrowingTaskGroup(of: TestBrowser.Page.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        try await TestBrowser(transport: transport).get(url, headerFields: [("cookie", cookie)])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(pages.allSatisfy { $0.status == 302 })
            #expect(Set(pages.map { $0.header("location") }).count == 1)
            #expect(scene.server.provider.requestCount(on: .token) == 1)
        }
    }

    @Test("CO-3, AZ-20: after ten minutes the login has expired, and the page says how to begin again")
    func expiry() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            scene.server.clock.advance(by: .seconds(600))
            let page = try await scene.browser.get(url)
            page.expectErrorPage()
            #expect(page.text.contains("start again"))
            #expect(scene.server.provider.requestCount(on: .token) == 0)
        }
    }

    @Test("UP-3: a repeated or oversized parameter is refused before anything is used up")
    func malformed() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            for name in ["state", "code", "iss", "error"] {
                let twice = FormParameters.serialize([(name, "x"), (name, "x")])
                try await scene.browser.get(url + "&" + twice).expectErrorPage(400, name)
                try await scene.browser.get(url + "&\(name)=&\(name)=").expectErrorPage(400, name)
            }
            try await scene.browser.get(url + "&code=x").expectErrorPage(400)
            try await scene.browser.get(url + "&state=x").expectErrorPage(400)
            try await scene.browser.get(url + "&error=" + String(repeating: "e", count: 4097)).expectErrorPage(400)
            #expect(scene.server.provider.requestCount(on: .token) == 0)
            // Further parameters of a provider are ignored (RFC 6749 §4.1.2).
            #expect(try await scene.browser.get(url + "&session_state=x&scope=a&scope=b").status == 302)
        }
    }

    @Test("D-65: an answer of one provider at another's callback is refused, and still counts at its own")
    func mixUp() async throws {
        func configure(_ configuration: inout Configuration) {
            var second = configuration.upstreams[0]
            second.name = "second"
            configuration.upstreams.append(second)
        }
        try await BrowserScene.run(configure: configure) { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let wrong = url.replacing("/oauth/callback/corp?", with: "/oauth/callback/second?")
            #expect(wrong != url)
            try await scene.browser.get(wrong).expectErrorPage()
            #expect(scene.server.provider.requestCount(on: .token) == 0)
            #expect(try await scene.browser.get(url).status == 302)
        }
    }

    @Test("UP-1, D-77: a provider that is not configured has no callback")
    func unknownProvider() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            for name in ["other", "CORP", "corp/", "corp/x", "%63orp", "..", ""] {
                let wrong = url.replacing("/oauth/callback/corp?", with: "/oauth/callback/\(name)?")
                let page = try await scene.browser.get(wrong)
                #expect(page.status == 404, "\(name)")
                #expect(page.header("location") == nil, "\(name)")
            }
            #expect(try await scene.browser.get(url).status == 302)
        }
    }

    @Test("D-58: nothing of a hostile callback reaches the page")
    func reflection() async throws {
        try await BrowserScene.run { scene in
            let hostile = "<script>alert(1)</script>"
            let page = try await scene.browser.get(
                Self.url(
                    scene,
                    [("state", hostile), ("error", hostile), ("error_description", hostile), ("error_uri", hostile)]
                )
            )
            page.expectErrorPage(403)
            #expect(!page.text.contains("alert"))
        }
    }

    @Test("CO-4: parallel logins have separate cookies, and over the bound the oldest are removed")
    func boundedCookies() async throws {
        try await BrowserScene.run { scene in
            for index in 0..<12 {
                await scene.browser.setCookie("gatehouse-flow-\(index + 10)", "old", for: scene.server.issuer)
            }
            let page = try await scene.approved()
            let removed = page.headers("set-cookie").filter { $0.contains("Max-Age=0") }
                .compactMap { $0.split(separator: "=").first.map(String.init) }
            // A browser lists its oldest cookies first (RFC 6265 §5.4).
            #expect(removed == (10..<15).map { "gatehouse-flow-\($0)" })
            let flows = await scene.browser.cookies(for: scene.server.issuer).keys.filter { $0.contains("flow") }
            #expect(flows.count == 8)
            #expect(try await scene.client.finish(page, with: scene.browser, at: scene.server)["code"] != nil)
        }
    }
}
