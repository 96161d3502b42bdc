import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing
import UpstreamIdentity

@testable import AuthorizationServer

@Suite("P-17: callbacks as providers send them")
struct PostedCallbackTests {
    private static func run(_ body: (BrowserScene) async throws -> Void) async throws {
        try await BrowserScene.run(configure: { $0.upstreams[0].verification.callbackMethod = .formPost }, body)
    }

    /// The form of the provider's page, which a browser's script submits.
    private static func form(_ page: TestBrowser.Page) throws -> (url: String, form: [(String, String)]) {
        #expect(page.status == 200 && page.text.contains("<script>document.forms[0].submit()</script>"))
        #expect(page.header("content-security-policy")?.contains("script-src 'sha256-") == true)
        return (try #require(page.formAction), page.hiddenFields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    @Test("P-17: an answer that is posted logs in, and its code is in no address")
    func posted() async throws {
        try await Self.run { scene in
            let approval = try await scene.approved()
            #expect(approval.header("location")?.contains("response_mode=form_post") == true)
            let (url, form) = try Self.form(try await scene.providerAnswer(after: approval))
            // A form of another site brings no cookie that is SameSite=Lax.
            let stranger = scene.anotherBrowser()
            let redirect = try await stranger.post(url, form: form, headerFields: [("origin", "https://idp.example")])
            #expect(redirect.status == 303 && redirect.headers("set-cookie").isEmpty)
            let location = try #require(redirect.header("location"))
            for value in form.map(\.1) where value.count > 8 { #expect(!location.contains(value)) }
            #expect(scene.server.provider.requestCount(on: .token) == 0)
            let answer = try await scene.browser.get(location)
            #expect(try await scene.client.redeem(try #require(answer.redirectParameters["code"])).status == 200)
        }
    }

    @Test("P-17: the whole way, over the form that the provider's page posts from its own site")
    func wholeWay() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.quirks = [.postsAnswers]
        for method in [CallbackMethod.formPost, .query] {
            try await BrowserScene.run(
                provider: provider,
                configure: { $0.upstreams[0].verification.callbackMethod = method }
            ) { scene in
                // The first answer has the user's name beside the code. Scopes without form_post are refused.
                for _ in 0..<2 {
                    let answer = try await scene.authorize()
                    #expect((answer["code"] != nil) == (method == .formPost))
                }
                let names = ["Lovelace", "firstName"]
                for line in scene.server.log.all { for name in names { #expect(!line.contains(name)) } }
            }
        }
    }

    @Test("P-17: state and browser are checked as strictly as for any other answer")
    func binding() async throws {
        try await Self.run { scene in
            let (url, form) = try Self.form(
                try await scene.providerAnswer(after: try await scene.approved())
            )
            let location = try #require(try await scene.browser.post(url, form: form).header("location"))
            try await scene.anotherBrowser().get(location).expectErrorPage(403)
            let guessed = form.map { ($0.0, $0.0 == "state" ? "guess" : $0.1) }
            let wrong = try #require(try await scene.browser.post(url, form: guessed).header("location"))
            try await scene.browser.get(wrong).expectErrorPage(403)
            for changed in [
                location + "x", location + "&code=x", location + "&answer=x", url + "?answer=", url + "?answer=x",
            ] {
                let page = try await scene.browser.get(changed)
                #expect(page.status == 400, "\(changed.suffix(20))")
            }
            let repeated = try await scene.browser.post(url, form: form + [("code", "x")])
            try await scene.browser.get(try #require(repeated.header("location"))).expectErrorPage()
            #expect(scene.server.provider.requestCount(on: .token) == 0)
            #expect(try await scene.browser.get(location).redirectParameters["code"] != nil)
        }
    }

    @Test("P-17: a sealed answer is valid at its provider, during a minute; posted twice it is one login")
    func lifetime() async throws {
        try await Self.run { scene in
            let (url, form) = try Self.form(
                try await scene.providerAnswer(after: try await scene.approved())
            )
            let first = try #require(try await scene.browser.post(url, form: form).header("location"))
            let second = try #require(try await scene.browser.post(url, form: form).header("location"))
            #expect(first != second)
            let answer = try await scene.browser.get(first)
            #expect(try await scene.browser.get(second).header("location") == answer.header("location"))
            #expect(scene.server.provider.requestCount(on: .token) == 1)
            scene.server.clock.advance(by: .seconds(60))
            try await scene.browser.get(first).expectErrorPage()
        }
    }

    @Test("P-17: a body that is no form or too long, and one for a provider that does not post, are refused")
    func refusals() async throws {
        try await Self.run { scene in
            let url = scene.server.issuer + "/oauth/callback/corp"
            let json = try await scene.client.send(
                "POST",
                url,
                headerFields: [("content-type", "application/json")],
                body: Array("{}".utf8)
            )
            #expect(json.status == 400)
            let long = [("code", String(repeating: "c", count: PostedCallbackEndpoint.formByteCountMax))]
            #expect(try await scene.browser.post(url, form: long).status == 400)
            let unknown = scene.server.issuer + "/oauth/callback/other"
            #expect(try await scene.browser.post(unknown, form: [("code", "x")]).status == 404)
        }
        try await BrowserScene.run { scene in
            let url = scene.server.issuer + "/oauth/callback/corp"
            let page = try await scene.browser.post(url, form: [("code", "x"), ("state", "y")])
            #expect(page.status == 405)
            // An upstream that answers in the query accepts no sealed answer.
            try await scene.browser.get(url + "?answer=x").expectErrorPage()
        }
    }

    @Test("P-17: codes of 4.5 KB and of 16 KB are passed on; longer ones and other long parameters are refused")
    func longCodes() async throws {
        try await BrowserScene.run { scene in
            for count in [4608, 16_384] {
                let url = try await scene.callbackURL(after: try await scene.approved())
                let code = String(repeating: "c", count: count)
                let long = url.replacing(/([?&])code=[^&]*/) { "\($0.output.1)code=" + code }
                let answer = try await Self.load(long, scene)
                #expect(answer.contains("error=server_error"), "\(count)")
                let sent = try #require(scene.server.provider.capturedRequests(on: .token).last)
                #expect(sent.parameter("code") == code)
            }
            let url = try await scene.callbackURL(after: try await scene.approved())
            let code = String(repeating: "c", count: 16_385)
            let long = url.replacing(/([?&])code=[^&]*/) { "\($0.output.1)code=" + code }
            let refused = try await Self.load(long, scene)
            #expect(refused.hasPrefix("HTTP/1.1 400") || refused.hasPrefix("HTTP/1.1 414"))
        }
    }

    /// Loads an address that is longer than our own client sends, with the browser's cookies.
    private static func load(_ url: String, _ scene: BrowserScene) async throws -> String {
        let cookies = await scene.browser.cookies(for: scene.server.issuer).map { "\($0.key)=\($0.value)" }
        let address = scene.server.server.addresses[0]
        let target = url.dropFirst(scene.server.issuer.count)
        let fields = "Host: \(address)\r\nCookie: \(cookies.joined(separator: "; "))\r\nConnection: close\r\n\r\n"
        return try RawExchange.run("GET \(target) HTTP/1.1\r\n\(fields)", at: address)
    }
}
