import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("When an upstream is asked for: at every login, if the user agrees, or when its token is needed")
struct OnDemandTests {
    private static func onDemand(_ configuration: inout Configuration) {
        configuration.upstreams[1].login = .onDemand
    }

    /// Opens the consent page and approves with every hidden field and these boxes checked.
    private static func approve(
        _ scene: VaultScene,
        _ browser: TestBrowser,
        checked: [String],
        changes: [String: String?] = [:]
    ) async throws -> TestBrowser.Page {
        let page = try await browser.get(scene.client.authorizationURL(changes))
        let form = page.hiddenFields.map { ($0.key, $0.value) } + checked.map { ("upstream", $0) }
        let approved = try await browser.post(
            scene.server.issuer + "/oauth/consent",
            form: form + [("decision", "approve")]
        )
        return try await scene.walk(approved, browser)
    }

    private static func token(_ end: TestBrowser.Page, _ scene: VaultScene) async throws -> String {
        let code = try #require(end.redirectParameters["code"], "\(end.url) \(end.status)")
        return try #require(try await scene.client.redeem(code)["access_token"])
    }

    @Test("on_demand: no login visits it, the first retrieval says where to connect, and then the same call succeeds")
    func firstRetrieval() async throws {
        try await VaultScene.run(configure: Self.onDemand) { scene in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            #expect(scene.files.requestCount(on: .authorization) == 0)
            #expect(try await scene.connections(token).json["missing"] == ["files"])
            let answer = try await scene.exchange(token, ["files"])
            #expect(answer.error == "interaction_required" && answer["reason"] == "not_connected")
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
            // The user follows the address, and signs in as at the login.
            let first = try await browser.get(try #require(answer["connect_uri"]))
            let page = try await scene.walk(try await scene.press("sign_in", "corp", on: first, browser), browser)
            let done = try await scene.walk(try await scene.press("decision", "connect", on: page, browser), browser)
            #expect(done.status == 200 && done.text.contains("files is connected"))
            #expect(try await scene.exchange(token, ["files"]).status == 200)
            // Once it is connected, a further login finds it without a visit.
            let again = try await scene.accessToken(browser)
            #expect(try await scene.exchange(again, ["files"]).status == 200)
            #expect(scene.files.requestCount(on: .authorization) == 1)
        }
    }

    @Test("CO-1: the consent page says which upstreams the login visits, which it offers, and which are asked later")
    func consentPage() async throws {
        try await VaultScene.run(configure: Self.onDemand) { scene in
            let page = try await scene.browser().get(scene.client.authorizationURL())
            #expect(page.text.contains("<strong>files</strong> <span class=\"quiet\">(only when it is needed"))
            #expect(!page.text.contains("type=\"checkbox\""))
        }
        try await VaultScene.run(configure: { $0.upstreams[1].login = .optional }) { scene in
            let page = try await scene.browser().get(scene.client.authorizationURL())
            #expect(page.text.contains("type=\"checkbox\" form=\"decide\" name=\"upstream\" value=\"files\" checked"))
            #expect(page.text.contains("id=\"decide\""))
        }
    }

    @Test("a resource may decide otherwise than its upstream", arguments: [LoginNeed.onDemand, .required])
    func override(need: LoginNeed) async throws {
        try await VaultScene.run(configure: {
            $0.upstreams[1].login = need == .required ? .onDemand : .required
            $0.resources[0].logins = ["files": need]
        }) { scene in
            let token = try await scene.accessToken()
            #expect(scene.files.requestCount(on: .authorization) == (need == .required ? 1 : 0))
            #expect(try await scene.exchange(token, ["files"]).status == (need == .required ? 200 : 400))
        }
    }

    @Test("an optional upstream is visited when its box is checked, and only then", arguments: [true, false])
    func checkBox(isChecked: Bool) async throws {
        try await VaultScene.run(configure: { $0.upstreams[1].login = .optional }) { scene in
            let end = try await Self.approve(scene, scene.browser(), checked: isChecked ? ["files"] : [])
            let token = try await Self.token(end, scene)
            #expect(scene.files.requestCount(on: .authorization) == (isChecked ? 1 : 0))
            let answer = try await scene.exchange(token, ["files"])
            #expect(isChecked ? answer.status == 200 : answer["reason"] == "not_connected")
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
        }
    }

    @Test("D-54: a form cannot leave out an upstream that the login needs, nor add one")
    func forgedChoice() async throws {
        try await VaultScene.run { scene in
            let browser = scene.browser()
            let page = try await browser.get(scene.client.authorizationURL())
            let approved = try await browser.post(
                scene.server.issuer + "/oauth/consent",
                form: [
                    ("ticket", page.hiddenFields["ticket"] ?? ""), ("decision", "approve"), ("upstreams_offered", "1"),
                    ("upstream", "unknown"),
                ]
            )
            let token = try await Self.token(try await scene.walk(approved, browser), scene)
            #expect(try await scene.exchange(token, ["corp", "files"]).status == 200)
            #expect(scene.files.requestCount(on: .authorization) == 1)
        }
    }

    @Test("when all that were offered are left out, the first still says who the user is")
    func nothingChecked() async throws {
        try await VaultScene.run(configure: { configuration in
            for index in configuration.upstreams.indices { configuration.upstreams[index].login = .optional }
        }) { scene in
            let end = try await Self.approve(scene, scene.browser(), checked: [])
            let token = try await Self.token(end, scene)
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
            #expect(scene.files.requestCount(on: .authorization) == 0)
        }
    }

    @Test("FD-10: a choice that left something out is not remembered as consent; one that did not is")
    func remembered() async throws {
        try await VaultScene.run(configure: {
            $0.upstreams[1].login = .optional
            $0.consent = .remember
        }) { scene in
            let own = [(name: "sec-fetch-site", value: "none")]
            let (some, all) = (scene.browser(), scene.browser())
            _ = try await Self.approve(scene, some, checked: [])
            let asked = try await some.get(scene.client.authorizationURL(), headerFields: own)
            #expect(asked.status == 200 && asked.hiddenFields["ticket"] != nil)
            _ = try await Self.approve(scene, all, checked: ["files"])
            #expect(try await all.get(scene.client.authorizationURL(), headerFields: own).status == 302)
        }
    }

    @Test("identity: the named upstream logs the user in, although the resource's own are all on demand")
    func identity() async throws {
        try await VaultScene.run(configure: {
            Self.onDemand(&$0)
            $0.resources[0].upstreams = ["files"]
            $0.resources[0].forwardAuthUpstream = nil
            $0.identity = "corp"
        }) { scene in
            let token = try await scene.accessToken()
            #expect(scene.files.requestCount(on: .authorization) == 0)
            #expect(scene.corp.requestCount(on: .authorization) == 1)
            // The resource may not retrieve the tokens of the upstream that only logs its users in.
            #expect(try await scene.exchange(token, ["corp"]).error == "invalid_target")
            #expect(try await scene.exchange(token, ["files"])["reason"] == "not_connected")
        }
    }

    @Test("identity: a resource's own takes precedence, and its upstream is required whatever its rule")
    func ownIdentity() async throws {
        try await VaultScene.run(configure: {
            Self.onDemand(&$0)
            $0.identity = "corp"
            $0.resources[0].identity = "files"
            $0.resources[0].logins = ["corp": .onDemand]
        }) { scene in
            let token = try await scene.accessToken()
            #expect(scene.corp.requestCount(on: .authorization) == 0)
            #expect(try await scene.exchange(token, ["files"]).status == 200)
        }
    }

    @Test(
        "forward authentication answers 403 with the address to connect at; a challenge would cause login after login"
    )
    func forwardAuth() async throws {
        try await VaultScene.run(configure: {
            Self.onDemand(&$0)
            $0.resources[0].forwardAuthUpstream = "files"
        }) { scene in
            let token = try await scene.accessToken()
            let answer = try await scene.client.send(
                "GET",
                scene.server.managementURL + "/forward-auth",
                headerFields: [
                    ("authorization", "Bearer " + token), ("x-gatehouse-proxy-secret", VaultScene.proxySecret),
                ]
            )
            #expect(answer.status == 403 && answer.error == "interaction_required")
            #expect(answer.header("www-authenticate") == nil)
            let uri = try #require(answer.header("x-gatehouse-connect-uri"))
            #expect(uri.hasPrefix(scene.server.issuer + "/connections/connect/") && answer["connect_uri"] == uri)
        }
    }
}
