import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

/// FD-10: `consent: remember` and `consent: trusted`.
@Suite("FD-10: consents that are not asked for again")
struct RememberedConsentTests {
    /// The header fields by which a browser marks a request that its user started.
    private static let ownNavigation = [(name: "sec-fetch-site", value: "none")]

    private static let other = "https://tools.example.com/mcp"

    private static func run(_ body: (BrowserScene) async throws -> Void) async throws {
        func configure(_ configuration: inout Configuration) {
            configuration.consent = .remember
            var other = Configuration.Resource(uri: Self.other, scopes: ScopeSet(["mcp:read"]))
            other.upstreams = [TestServer.upstream]
            configuration.resources.append(other)
        }
        let uris = ["https://client.example.com/cb", "https://client.example.com/other", "https://new.example.com/cb"]
        try await BrowserScene.run(redirectURIs: uris, configure: configure, body)
    }

    private static func isConsentPage(_ page: TestBrowser.Page) -> Bool {
        page.status == 200 && page.hiddenFields["ticket"] != nil
    }

    @Test("CO-1: the same request of the same user goes on without a page, and ends with a code")
    func remembered() async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize()["code"] != nil)
            #expect(try await scene.metrics()["gatehouse_consents"] == 1)
            let page = try await scene.open(headerFields: Self.ownNavigation)
            #expect(page.status == 302)
            #expect(page.header("location")?.hasPrefix(scene.server.provider.issuer) == true)
            #expect(page.headers("set-cookie").contains { $0.contains("gatehouse-flow-") })
            let answer = try await scene.client.finish(page, with: scene.browser, at: scene.server)
            #expect(try await scene.client.redeem(try #require(answer["code"])).status == 200)
            // Another path or scope order of the same host is the same consent.
            for changes in [
                ["redirect_uri": "https://client.example.com/other"], ["scope": "offline_access mcp:read"],
            ] {
                let again = try await scene.open(changes, headerFields: Self.ownNavigation)
                #expect(again.status == 302, "\(changes)")
            }
        }
    }

    @Test("D-55: another client, redirect host, scope or resource asks again, and so does prompt=consent")
    func changed() async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize()["code"] != nil)
            let changes: [[String: String?]] = [
                ["redirect_uri": "https://new.example.com/cb"], ["scope": "mcp:read mcp:write offline_access"],
                ["scope": "mcp:read"], ["resource": Self.other], ["prompt": "consent"],
            ]
            for change in changes {
                let page = try await scene.open(change, headerFields: Self.ownNavigation)
                #expect(Self.isConsentPage(page), "\(change)")
            }
            let stranger = try await BrowserScene.registered(
                at: scene.server,
                redirectURIs: ["https://client.example.com/cb"]
            )
            let page = try await scene.browser.get(stranger.authorizationURL(), headerFields: Self.ownNavigation)
            #expect(Self.isConsentPage(page))
        }
    }

    @Test(
        "D-50: a request that another page started is asked, however it says so",
        arguments: ["cross-site", "same-site", "same-origin", "", "none, cross-site"]
    )
    func startedElsewhere(_ site: String) async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize()["code"] != nil)
            #expect(Self.isConsentPage(try await scene.open(headerFields: [("sec-fetch-site", site)])))
            #expect(Self.isConsentPage(try await scene.open()))
        }
    }

    @Test("D-56: a login cookie that is forged, another user's, or missing does not spare the page")
    func cookie() async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize()["code"] != nil)
            let cookies = await scene.browser.cookies(for: scene.server.issuer)
            let login = try #require(cookies["gatehouse-login"])
            let changed = (login.first == "A" ? "B" : "A") + login.dropFirst()
            for value in [
                "", "x", changed, String(login.dropLast(4)), login + "AAAA", String(repeating: "A", count: 80),
            ] {
                await scene.browser.setCookie("gatehouse-login", value, for: scene.server.issuer)
                #expect(Self.isConsentPage(try await scene.open(headerFields: Self.ownNavigation)), "\(value)")
            }
            // Another user of the same client has decided nothing yet.
            let other = scene.anotherBrowser()
            #expect(
                Self.isConsentPage(
                    try await other.get(scene.client.authorizationURL(), headerFields: Self.ownNavigation)
                )
            )
            await scene.browser.setCookie("gatehouse-login", login, for: scene.server.issuer)
            #expect(try await scene.open(headerFields: Self.ownNavigation).status == 302)
        }
    }

    @Test("D-56: another user's login does not inherit the consent")
    func otherUser() async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize(as: "ada")["code"] != nil)
            let other = try await BrowserScene.registered(at: scene.server, redirectURIs: ["https://b.example.com/cb"])
            let browser = scene.anotherBrowser()
            let answer = try await other.authorize(with: browser, at: scene.server, as: "grace")
            #expect(answer["code"] != nil)
            let page = try await browser.get(scene.client.authorizationURL(), headerFields: Self.ownNavigation)
            #expect(Self.isConsentPage(page))
        }
    }

    @Test("D-62: when another user logs in than the one who consented, the client gets access_denied and no code")
    func accountSwitch() async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize(as: "ada")["code"] != nil)
            let page = try await scene.open(headerFields: Self.ownNavigation)
            let url = try await scene.callbackURL(after: page, as: "grace")
            let answer = try await scene.browser.get(url)
            answer.expectInterstitial(error: "access_denied")
            #expect(try await scene.metrics()["gatehouse_authorization_codes"] == 1)
            #expect(try scene.auditEvents("authorization.granted").count == 1)
        }
    }

    @Test("D-61: every login sets a new cookie value, and it ends after eight hours")
    func rotation() async throws {
        try await Self.run { scene async throws in
            #expect(try await scene.authorize()["code"] != nil)
            let first = await scene.browser.cookies(for: scene.server.issuer)["gatehouse-login"]
            #expect(try await scene.authorize()["code"] != nil)
            let second = await scene.browser.cookies(for: scene.server.issuer)["gatehouse-login"]
            #expect(first != nil)
            #expect(first != second)
            scene.server.clock.advance(by: .seconds(8 * 3600 - 1))
            #expect(try await scene.open(headerFields: Self.ownNavigation).status == 302)
            scene.server.clock.advance(by: .seconds(1))
            #expect(Self.isConsentPage(try await scene.open(headerFields: Self.ownNavigation)))
        }
    }

    @Test("D-61: a login cookie that was planted before the login is replaced by it")
    func fixation() async throws {
        try await Self.run { scene async throws in
            await scene.browser.setCookie("gatehouse-login", "planted", for: scene.server.issuer)
            #expect(try await scene.authorize()["code"] != nil)
            #expect(await scene.browser.cookies(for: scene.server.issuer)["gatehouse-login"] != "planted")
        }
    }

    @Test("AZ-19: prompt=none stays an error, and a denial is not remembered")
    func promptNoneAndDenial() async throws {
        try await Self.run { scene async throws in
            let denied = try await scene.answer(try await scene.ticket(), "deny")
            #expect(denied.headers("set-cookie").isEmpty)
            #expect(try await scene.metrics()["gatehouse_consents"] == 0)
            #expect(try await scene.authorize()["code"] != nil)
            let page = try await scene.open(["prompt": "none"], headerFields: Self.ownNavigation)
            page.expectInterstitial(error: "login_required")
        }
    }

    @Test("consent: always remembers nothing and sets no login cookie")
    func always() async throws {
        try await BrowserScene.run { scene async throws in
            #expect(try await scene.authorize()["code"] != nil)
            #expect(await scene.browser.cookies(for: scene.server.issuer)["gatehouse-login"] == nil)
            #expect(Self.isConsentPage(try await scene.open(headerFields: Self.ownNavigation)))
            #expect(try await scene.metrics()["gatehouse_consents"] == 0)
        }
    }
}

@Suite("LF-5, consent: trusted")
struct TrustedConsentTests {
    private static func run(
        _ mode: Configuration.Consent = .trusted,
        _ body: (BrowserScene) async throws -> Void
    ) async throws {
        func configure(_ configuration: inout Configuration) {
            configuration.consent = mode
            for (id, isTrusted) in [("trusted", true), ("known", false)] {
                var client = Configuration.Client(clientID: id)
                client.redirectURIs = ["https://\(id).example.com/cb"]
                client.isTrusted = isTrusted
                configuration.clients.append(client)
            }
        }
        try await BrowserScene.run(configure: configure, body)
    }

    private static func changes(_ id: String) -> [String: String?] {
        ["client_id": id, "redirect_uri": "https://\(id).example.com/cb"]
    }

    @Test("a trusted client's users see no page; the flow is bound to their browser all the same (CO-3)")
    func trusted() async throws {
        try await Self.run { scene async throws in
            let page = try await scene.open(Self.changes("trusted"))
            #expect(page.status == 302)
            #expect(page.header("location")?.hasPrefix(scene.server.provider.issuer) == true)
            #expect(page.headers("set-cookie").contains { $0.contains("gatehouse-flow-") })
            let url = try await scene.callbackURL(after: page)
            try await scene.anotherBrowser().get(url).expectErrorPage(403)
            let answer = try await scene.browser.get(url)
            #expect(answer.header("location")?.hasPrefix("https://trusted.example.com/cb?code=") == true)
        }
    }

    @Test("D-50: everyone else is asked, and so is a trusted client with prompt=consent")
    func others() async throws {
        try await Self.run { scene async throws in
            for changes in [
                Self.changes("known"), [:],
                Self.changes("trusted").merging(["prompt": "consent"], uniquingKeysWith: { $1 }),
            ] {
                let page = try await scene.open(changes)
                #expect(page.hiddenFields["ticket"] != nil, "\(changes)")
            }
            try await scene.expectNothingStored()
        }
    }

    @Test("trusted means nothing under always and remember", arguments: [Configuration.Consent.always, .remember])
    func otherModes(_ mode: Configuration.Consent) async throws {
        try await Self.run(mode) { scene async throws in
            #expect(try await scene.open(Self.changes("trusted")).hiddenFields["ticket"] != nil)
        }
    }

    @Test("AZ-19: prompt=none is an error, because the login is at a provider")
    func promptNone() async throws {
        try await Self.run { scene async throws in
            let changes = Self.changes("trusted").merging(["prompt": "none"], uniquingKeysWith: { $1 })
            let page = try await scene.open(changes)
            #expect(page.redirectParameters["error"] == "login_required")
            try await scene.expectNothingStored()
        }
    }
}
