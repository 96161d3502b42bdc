import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("LF-7: several providers in one login, and the optional ones among them")
struct LoginChainTests {
    /// A resource that needs `corp` and `second`, each optional or not.
    private static func run(
        optional: Set<String> = [],
        order: [String] = [TestServer.upstream, "second"],
        _ body: (BrowserScene) async throws -> Void
    ) async throws {
        func configure(_ configuration: inout Configuration) {
            var second = configuration.upstreams[0]
            second.name = "second"
            configuration.upstreams.append(second)
            for index in configuration.upstreams.indices {
                configuration.upstreams[index].isOptional = optional.contains(configuration.upstreams[index].name)
            }
            configuration.resources[0].upstreams = order
        }
        try await BrowserScene.run(configure: configure, body)
    }

    /// Which upstreams the tokens of a code yield credentials of.
    private static func reachable(_ scene: BrowserScene, _ answer: [String: String]) async throws -> Set<String> {
        let tokens = try await scene.client.redeem(try #require(answer["code"]))
        let accessToken = try #require(tokens["access_token"])
        var reachable: Set<String> = []
        for name in [TestServer.upstream, "second"] {
            let exchanged = try await scene.client.exchange(accessToken, audience: name)
            if exchanged.status == 200 { reachable.insert(name) }
        }
        return reachable
    }

    @Test("UP-1: every leg has its own state, verifier, nonce, cookie and callback; the client gets one code")
    func legs() async throws {
        try await Self.run { scene in
            let page = try await scene.open()
            #expect(page.text.contains("<strong>corp</strong>"))
            #expect(page.text.contains("<strong>second</strong>"))
            let first = try await scene.answer(try #require(page.hiddenFields["ticket"]))
            let second = try await scene.browser.get(try await scene.callbackURL(after: first))
            #expect(second.status == 302)
            #expect(second.header("location")?.hasPrefix(scene.server.provider.issuer) == true)
            for name in ["state", "nonce", "code_challenge", "redirect_uri"] {
                #expect(first.redirectParameters[name] != nil)
                #expect(first.redirectParameters[name] != second.redirectParameters[name], "\(name)")
            }
            // The next leg's cookie replaces the first leg's.
            #expect(second.headers("set-cookie").filter { $0.contains("gatehouse-flow-") }.count == 2)
            let last = try await scene.browser.get(try await scene.callbackURL(after: second))
            #expect(Set(last.redirectParameters.keys) == ["code", "state", "iss"])
            #expect(try await Self.reachable(scene, last.redirectParameters) == ["corp", "second"])
            #expect(try await scene.metrics()["gatehouse_users"] == 1)
            #expect(try await scene.metrics()["gatehouse_pending_authorizations"] == 0)
        }
    }

    @Test("D-51: the second leg is bound to the browser as the first is")
    func secondLegBinding() async throws {
        try await Self.run { scene in
            let second = try await scene.browser.get(try await scene.callbackURL(after: try await scene.approved()))
            let url = try await scene.callbackURL(after: second)
            try await scene.anotherBrowser().get(url).expectErrorPage(403)
            #expect(try await scene.browser.get(url).redirectParameters["code"] != nil)
        }
    }

    @Test("D-65: the first leg's answer does not count for the second")
    func crossedLegs() async throws {
        try await Self.run { scene in
            let firstURL = try await scene.callbackURL(after: try await scene.approved())
            let second = try await scene.browser.get(firstURL)
            let crossed = firstURL.replacing("/callback/corp?", with: "/callback/second?")
            // The browser still has the first leg's cookie, because a second load of its own address is answered.
            try await scene.browser.get(crossed).expectErrorPage(400)
            #expect(scene.server.provider.requestCount(on: .token) == 1)
            let url = try await scene.callbackURL(after: second)
            #expect(try await scene.browser.get(url).redirectParameters["code"] != nil)
        }
    }

    @Test("A required second provider that fails ends the login: no code")
    func requiredFails() async throws {
        try await Self.run { scene in
            let second = try await scene.browser.get(try await scene.callbackURL(after: try await scene.approved()))
            scene.server.provider.script(.wrongNonce, on: .token)
            let page = try await scene.browser.get(try await scene.callbackURL(after: second))
            #expect(page.redirectParameters["error"] == "server_error")
            #expect(page.redirectParameters["code"] == nil)
            let numbers = try await scene.metrics()
            #expect(numbers["gatehouse_authorization_codes"] == 0)
            #expect(numbers["gatehouse_sessions"] == 0)
        }
    }

    @Test("LF-7: any failure of an optional second provider lets the login go on without it")
    func optionalSecond() async throws {
        let failures: [(Fault, EndpointName)] = [
            (.oauthError("access_denied"), .authorization), (.oauthError("nonsense"), .authorization),
            (.status(503), .token), (.invalidClient, .token), (.algorithmNone, .token), (.closeConnection, .token),
        ]
        for (fault, endpoint) in failures {
            try await Self.run(optional: ["second"]) { scene in
                #expect(try await scene.open().text.contains("(optional)"))
                let approval = try await scene.approved()
                let second = try await scene.browser.get(try await scene.callbackURL(after: approval))
                scene.server.provider.script(fault, on: endpoint)
                let url = try await scene.callbackURL(after: second)
                let page = try await scene.browser.get(url)
                #expect(page.status == 302, "\(fault)")
                #expect(try await Self.reachable(scene, page.redirectParameters) == ["corp"], "\(fault)")
            }
        }
    }

    @Test("LF-7: an optional provider that cannot be reached is skipped")
    func optionalUnreachable() async throws {
        try await Self.run(optional: ["second"]) { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            scene.server.provider.script(.closeConnection, on: .discovery, times: 100)
            let page = try await scene.browser.get(url)
            #expect(try await Self.reachable(scene, page.redirectParameters) == ["corp"])
            #expect(try scene.auditEvents("upstream.login_failed").first?["upstream"]?.stringValue == "second")
        }
    }

    @Test("After an optional first provider has failed the second identifies the user")
    func optionalFirst() async throws {
        try await Self.run(optional: ["second"], order: ["second", TestServer.upstream]) { scene in
            scene.server.provider.script(.oauthError("access_denied"), on: .authorization)
            let next = try await scene.browser.get(try await scene.callbackURL(after: try await scene.approved()))
            #expect(next.redirectParameters["redirect_uri"]?.hasSuffix("/oauth/callback/corp") == true)
            let page = try await scene.browser.get(try await scene.callbackURL(after: next))
            #expect(try await Self.reachable(scene, page.redirectParameters) == ["corp"])
        }
    }

    @Test("AZ-15: when every provider is optional and none succeeds, the client gets the last error and no code")
    func nobodyLoggedIn() async throws {
        try await Self.run(optional: [TestServer.upstream], order: [TestServer.upstream]) { scene in
            scene.server.provider.script(.oauthError("access_denied"), on: .authorization)
            let page = try await scene.browser.get(try await scene.callbackURL(after: try await scene.approved()))
            #expect(page.redirectParameters["error"] == "access_denied")
            #expect(page.redirectParameters["code"] == nil)
            try await scene.expectNothingStored()
        }
    }

    @Test("A resource without upstreams logs its users in at the first provider")
    func noUpstreams() async throws {
        func configure(_ configuration: inout Configuration) {
            configuration.resources[0].upstreams = []
        }
        try await BrowserScene.run(configure: configure) { scene in
            let answer = try await scene.authorize()
            #expect(try await scene.client.redeem(try #require(answer["code"])).status == 200)
        }
    }

    @Test("A server without any provider redirects with server_error")
    func noProviders() async throws {
        func configure(_ configuration: inout Configuration) {
            configuration.upstreams = []
            configuration.resources[0].upstreams = []
        }
        try await BrowserScene.run(configure: configure) { scene in
            let page = try await scene.answer(try await scene.ticket())
            #expect(page.redirectParameters["error"] == "server_error")
            try await scene.expectNothingStored()
        }
    }
}
