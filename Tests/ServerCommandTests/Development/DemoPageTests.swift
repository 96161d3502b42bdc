import AuthorizationServer
import DevelopmentIdentityProvider
import HTTPTypes
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

@testable import ServerCommand

@Suite("The page Try it of gatehouse dev")
struct DemoPageTests {
    static func run(_ body: (ControlScene, DemoVisit) async throws -> Void) async throws {
        let change: (inout DevelopmentOptions) -> Void = {
            $0.demo = SocketAddress(ip: .loopback, port: 0)
            $0.servesDemoResource = true
        }
        try await ControlScene.run(change) { (scene) async throws in
            let url = try #require(scene.deployment.demo?.url)
            try await body(scene, DemoVisit(scene: scene, url: url))
        }
    }

    @Test("The flow ends with decoded tokens, and each button does what it says")
    func buttons() async throws {
        try await Self.run { (_, visit) async throws in
            let before = try await visit.page()
            #expect(before.contains("Walk the flow") && !before.contains("Access token</h2>"))
            try await visit.walk()
            let after = try await visit.page()
            #expect(after.contains("Access token</h2>") && after.contains("&quot;tsid&quot;: &quot;ts_"))
            #expect(after.contains("Expires in"))
            #expect(try await visit.press(.call).contains("dev says: Ada Lovelace"))
            #expect(try await visit.press(.retrieve).contains("&quot;access_token&quot;"))
            #expect(try await visit.press(.expire).contains("Has expired"))
            #expect(try await visit.press(.call).contains("answered 401"))
            #expect(try await visit.press(.refresh).contains("Expires in"))
            #expect(try await visit.press(.call).contains("dev says: Ada Lovelace"))
            #expect(try await visit.press(.disconnect).contains("erased here"))
            let disconnected = try await visit.press(.call)
            #expect(disconnected.contains("needs the user’s account") && disconnected.contains("Connect the account"))
            #expect(try await visit.press(.revoke).contains("The session has ended"))
            #expect(try await visit.press(.call).contains("answered 401"))
            #expect(try await visit.press(.refresh).contains("refused with status 400"))
        }
    }

    @Test("The root of the issuer leads to the page, and is not found without one")
    func root() async throws {
        try await Self.run { (scene, visit) async throws in
            let answer = try await scene.client.send("GET", "/")
            #expect(answer.status == 302 && answer.header("location") == visit.url)
        }
        try await ControlScene.run { (scene) async throws in
            #expect(scene.deployment.demo == nil)
            #expect(try await scene.client.send("GET", "/").status == 404)
        }
    }

    @Test("An answer that is not for the login that began here changes nothing")
    func foreignAnswer() async throws {
        try await Self.run { (scene, visit) async throws in
            let issuer = scene.client.issuer
            for query in ["", "?code=x", "?state=x&code=y&iss=\(issuer)", "?state=&code=y&iss=\(issuer)"] {
                _ = try await visit.browser.get(visit.url + "callback" + query)
                let page = try await visit.page()
                #expect(page.contains("it was ignored") && !page.contains("Access token</h2>"), "\(query)")
            }
            // The right state from another issuer, and twice.
            let state = try await visit.begin()
            for query in [
                "?state=\(state)&code=y&iss=https://other.example", "?state=\(state)&state=\(state)&iss=\(issuer)",
            ] {
                _ = try await visit.browser.get(visit.url + "callback" + query)
                #expect(try await visit.page().contains("it was ignored"), "\(query)")
            }
            _ = try await visit.browser.get(visit.url + "callback?state=\(state)&error=access_denied&iss=\(issuer)")
            #expect(try await visit.page().contains("ended without a code: access_denied"))
        }
    }

    @Test("A form of another site is refused, whatever the button")
    func foreignForm() async throws {
        try await Self.run { (_, visit) async throws in
            try await visit.walk()
            for path in ["begin"] + DemoVerb.allCases.map({ String($0.path.dropFirst()) }) {
                for field in [
                    (name: "origin", value: "https://evil.example"), (name: "origin", value: "null"),
                    (name: "sec-fetch-site", value: "cross-site"), (name: "sec-fetch-site", value: "same-site"),
                ] {
                    let answer = try await visit.browser.post(visit.url + path, form: [], headerFields: [field])
                    #expect(answer.status == 403, "\(path) \(field)")
                }
                #expect(try await visit.browser.get(visit.url + path).status == 405)
            }
            #expect(try await visit.press(.call).contains("dev says: Ada Lovelace"))
        }
    }

    @Test(
        "A page whose own name points to loopback is refused, because its name is in Host",
        arguments: [
            ("evil.example:80", false), ("localhost.evil.example", false), ("127.0.0.1:7", true), ("localhost:1", true),
        ]
    )
    func rebinding(host: String, isAccepted: Bool) throws {
        var fields: HTTPFields = [:]
        fields[try #require(HTTPField.Name("host"))] = host
        let request = Request(method: .get, path: "/", fields: fields)
        #expect(DemoRoutes.isOwnHost(request) == isAccepted)
        #expect(!DemoRoutes.isOwnHost(Request(method: .get, path: "/")))
    }

    @Test("A wished port that is in use is replaced by a free one")
    func portInUse() async throws {
        try await ControlScene.run { scene in
            let taken = try #require(scene.deployment.server.addresses.first)
            let reservation = try DemoApplication.reserve(taken)
            #expect(reservation.address.port != taken.port && reservation.address.port != 0)
        }
    }
}

/// A browser at the page.
struct DemoVisit {
    let scene: ControlScene
    let url: String
    let browser: TestBrowser

    init(scene: ControlScene, url: String) {
        self.scene = scene
        self.url = url
        browser = TestBrowser(transport: scene.transport)
    }

    func page() async throws -> String {
        let page = try await browser.get(url)
        try #require(page.status == 200)
        return page.text
    }

    /// Presses the first button.
    ///
    /// - Returns: The `state` of the login.
    func begin() async throws -> String {
        let started = try await browser.post(url + "begin", form: [])
        return try #require(OAuthTestClient.parameters(of: started.header("location") ?? "")["state"])
    }

    /// Logs in as Ada.
    func walk() async throws {
        let (issuer, provider) = (scene.client.issuer, scene.deployment.provider.issuer)
        let started = try await browser.post(url + "begin", form: [])
        try #require(started.status == 303)
        var page = try await browser.follow(started, within: [issuer + "/"])
        let ticket = try #require(page.hiddenFields["ticket"])
        let action = try #require(page.formAction)
        page = try await browser.post(action, form: [("ticket", ticket), ("decision", "approve")])
        page = try await browser.follow(page, within: [issuer + "/", provider + "/"])
        let signIn = try #require(page.formAction)
        let form = page.hiddenFields.map { ($0.key, $0.value) } + [("user", "ada")]
        page = try await browser.post(signIn.hasPrefix("http") ? signIn : provider + signIn, form: form)
        page = try await browser.follow(page, within: [issuer + "/", provider + "/", url])
        #expect(page.status == 303 && page.header("location") == "/")
    }

    /// Presses a button.
    ///
    /// - Returns: The page afterwards.
    func press(_ verb: DemoVerb) async throws -> String {
        let answer = try await browser.post(url + verb.path.dropFirst(), form: [])
        try #require(answer.status == 303)
        return try await page()
    }
}
