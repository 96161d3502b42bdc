import AuthorizationServerTesting
import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP
import Testing

@testable import AuthorizationServer

@Suite("P-18: requests that browsers send by themselves fail no login")
struct RepeatedCallbackTests {
    @Test(
        "P-18: a prefetch of the callback is answered 503 and touches nothing",
        arguments: [
            ("sec-purpose", "prefetch"), ("Sec-Purpose", "prefetch;prerender"), ("purpose", "prefetch"),
            ("x-moz", "prefetch"), ("x-purpose", "preview"), ("sec-purpose", "prefetch;anonymous-client-ip"),
            ("purpose", "Prefetch"),
        ]
    )
    func prefetch(name: String, value: String) async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let prefetched = try await scene.browser.get(url, headerFields: [(name, value)])
            #expect(prefetched.status == 503)
            #expect(prefetched.headers("set-cookie").isEmpty && prefetched.header("cache-control") == "no-store")
            #expect(scene.server.provider.requestCount(on: .token) == 0)
            #expect(try scene.auditEvents("upstream.callback_refused").isEmpty)
            let answer = try await scene.browser.get(url)
            #expect(try await scene.client.redeem(try #require(answer.redirectParameters["code"])).status == 200)
        }
    }

    @Test("P-18: a prefetch of the other addresses that work once touches nothing either")
    func otherPrefetches() async throws {
        try await BrowserScene.run { (scene) async throws in
            let prefetch = [(name: "sec-purpose", value: "prefetch")]
            #expect(try await scene.open(headerFields: prefetch).status == 503)
            let connect = scene.server.issuer + "/connections/connect/made-up"
            #expect(try await scene.browser.get(connect, headerFields: prefetch).status == 503)
            #expect(await scene.browser.cookies(for: scene.server.issuer).isEmpty)
            // A purpose that is none of these is an ordinary visit.
            #expect(try await scene.open(headerFields: [(name: "purpose", value: "navigation")]).status == 200)
        }
    }

    @Test("P-18: a second load by the same browser within 30 s gets the same answer, and no longer after that")
    func secondLoad() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let first = try await scene.browser.get(url)
            for seconds in [0, 1, 28] {
                scene.server.clock.advance(by: .seconds(seconds))
                let again = try await scene.browser.get(url)
                #expect(again.status == first.status && again.header("location") == first.header("location"))
            }
            #expect(scene.server.provider.requestCount(on: .token) == 1)
            #expect(try scene.auditEvents("authorization.granted").count == 1)
            scene.server.clock.advance(by: .seconds(1))
            try await scene.browser.get(url).expectErrorPage()
        }
    }

    @Test("P-18: a refusal is repeated too, and no other browser gets an answer")
    func repeatedRefusal() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
                .replacing(/([?&])code=[^&]*/) { "\($0.output.1)error=access_denied" }
            let first = try await scene.browser.get(url)
            #expect(first.redirectParameters["error"] == "access_denied")
            #expect(try await scene.browser.get(url).header("location") == first.header("location"))
            let thief = scene.anotherBrowser()
            try await thief.get(url).expectErrorPage(403)
            let name = try #require(
                await scene.browser.cookies(for: scene.server.issuer).keys.first { $0.contains("flow") }
            )
            await thief.setCookie(name, Base64URL.encode(Array(repeating: 1, count: 32)), for: scene.server.issuer)
            try await thief.get(url).expectErrorPage()
        }
    }

    @Test("P-18: a second load while the first waits for the provider waits with it, even if the first is gone")
    func secondLoadInProgress() async throws {
        try await BrowserScene.run { scene in
            let url = try await scene.callbackURL(after: try await scene.approved())
            let gate = ResponseGate()
            scene.server.provider.script(.holdResponse(gate), on: .token)
            let (browser, provider) = (scene.browser, scene.server.provider)
            async let first = browser.get(url)
            await provider.waitForRequests(1, on: .token)
            async let second = browser.get(url)
            gate.open()
            let locations = try await [first.header("location"), second.header("location")]
            #expect(locations[0] != nil && locations[0] == locations[1])
            #expect(provider.requestCount(on: .token) == 1)
        }
    }

    @Test("P-18: a login of our own pages can be loaded twice as well")
    func pageLogin() async throws {
        try await VaultScene.run { scene in
            let browser = scene.browser()
            _ = try await scene.accessToken(browser)
            await browser.removeCookies()
            let page = try await scene.connectionsPage(browser)
            let start = try await scene.press("sign_in", "corp", on: page, browser)
            let origins = [scene.corp.issuer + "/"]
            var end = try await browser.follow(start, within: origins)
            if end.status == 200, let action = end.formAction {
                let form = end.hiddenFields.map { ($0.key, $0.value) } + [("user", "ada")]
                let target = action.hasPrefix("http") ? action : scene.corp.issuer + action
                end = try await browser.follow(try await browser.post(target, form: form), within: origins)
            }
            let url = try #require(end.header("location"))
            let first = try await browser.get(url)
            #expect(first.status == 302)
            #expect(try await browser.get(url).header("location") == first.header("location"))
            scene.clock.advance(by: .seconds(30))
            #expect(try await browser.get(url).status == 400)
        }
    }

    @Test("P-18: stored answers are bounded; at the bound a callback is still accepted, and its repeat is not")
    func bound() async throws {
        let answers = CallbackAnswers(work: BackgroundWork(), countMax: 2)
        let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
        func ask(_ key: String, isFinal: Bool = true, at now: Timestamp) async -> String {
            let response = await answers.answer(SHA256.hash(key), now: now) {
                .init(response: Response(status: .ok, body: Array(String(answers.count).utf8)), isFinal: isFinal)
            }
            return String(decoding: response.body, as: UTF8.self)
        }
        #expect(await ask("not kept", isFinal: false, at: now) == "1")
        #expect(answers.count == 0)
        #expect(await ask("a", at: now) == "1")
        #expect(await ask("b", at: now) == "2")
        #expect(await ask("c", at: now) == "2")
        #expect(await ask("c", at: now) == "2")
        #expect(answers.count == 2)
        #expect(await ask("a", at: now) == "1")
        #expect(await ask("c", at: now + .seconds(30)) == "1")
    }
}
