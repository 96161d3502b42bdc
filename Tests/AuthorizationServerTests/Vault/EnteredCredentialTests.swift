import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OutboundHTTP
import ServerConfiguration
import Synchronization
import Testing
import UpstreamIdentity

/// Answers as the API of a credential, and sends every other request to the network.
private final class KeyService: OutboundTransport {
    private struct State {
        var status = 200
        var requests: [OutboundRequest] = []
    }

    private let state = Mutex(State())
    private let next: any OutboundTransport

    static let url = "https://api.weather.example/v1/me"
    static let key = "sk_live_8f3a41c2d9"

    init(_ next: any OutboundTransport) {
        self.next = next
    }

    var requests: [OutboundRequest] { state.withLock { $0.requests } }

    func answer(_ status: Int) { state.withLock { $0.status = status } }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        guard request.url == Self.url else { return try await next.send(request) }
        let status = state.withLock { state in
            state.requests.append(request)
            return state.status
        }
        let isRight = request.headerFields.contains { $0.name == "X-Api-Key" && $0.value == Self.key }
        return OutboundResponse(status: status == 200 && !isRight ? 401 : status, headerFields: [], body: [])
    }
}

@Suite("type: static: credentials that users enter")
struct EnteredCredentialTests {
    private static func configure(_ configuration: inout Configuration) {
        var weather = Configuration.Upstream(name: "weather", preset: .entered, clientID: nil)
        weather.login = .onDemand
        var key = EnteredCredential.Field()
        key.name = "key"
        key.label = "API key"
        key.pattern = "sk_[a-z0-9_]+"
        var region = EnteredCredential.Field()
        region.name = "region"
        region.isSecret = false
        var check = EnteredCredential.Check()
        check.url = KeyService.url
        weather.entered.fields = [key, region]
        weather.entered.format = CredentialTemplate("{key}")
        weather.entered.header = "X-Api-Key"
        weather.entered.check = check
        configuration.upstreams.append(weather)
        configuration.resources[0].upstreams.append("weather")
        configuration.resources[0].forwardAuthUpstream = "weather"
    }

    /// Runs with the service, and shows at the end that the key is nowhere in clear.
    private static func run(
        configure extra: @escaping (inout Configuration) -> Void = { _ in },
        _ body: (VaultScene, KeyService) async throws -> Void
    ) async throws {
        var service: KeyService?
        try await VaultScene.run(
            configure: { configuration in
                configure(&configuration)
                extra(&configuration)
            },
            environment: { environment in
                let made = KeyService(environment.transport)
                environment.transport = made
                service = made
            },
            { scene in
                let service = try #require(service)
                try await body(scene, service)
                #expect(!scene.server.auditLog.all.contains { $0.contains(KeyService.key) })
                let metrics = try await scene.client.send("GET", scene.server.managementURL + "/metrics")
                #expect(!metrics.body.contains(KeyService.key))
            }
        )
    }

    /// The page behind the `connect_uri` of a first retrieval, in a browser that has signed in.
    private static func page(
        _ scene: VaultScene,
        _ token: String,
        _ browser: TestBrowser
    ) async throws -> TestBrowser.Page {
        let answer = try await scene.exchange(token, ["weather"])
        #expect(answer.error == "interaction_required")
        let first = try await browser.get(try #require(answer["connect_uri"]))
        return try await scene.walk(try await scene.press("sign_in", "corp", on: first, browser), browser)
    }

    private static func enter(
        _ key: String,
        region: String = "eu",
        on page: TestBrowser.Page,
        _ browser: TestBrowser
    ) async throws -> TestBrowser.Page {
        try await browser.post(
            try #require(page.formAction),
            form: page.hiddenFields.map { ($0.key, $0.value) } + [
                ("field.key", key), ("field.region", region), ("decision", "connect"),
            ]
        )
    }

    @Test("the user enters the key once; retrieval returns it, and the proxy gets it in its header field")
    func connects() async throws {
        try await Self.run { scene, service in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            let page = try await Self.page(scene, token, browser)
            #expect(page.text.contains("API key"))
            #expect(page.text.contains("type=\"password\" name=\"field.key\""))
            #expect(page.text.contains("type=\"text\" name=\"field.region\""))
            // Spaces of a copied key are not part of it.
            let done = try await Self.enter(" \(KeyService.key)\n", on: page, browser)
            #expect(done.status == 200 && done.text.contains("weather is connected"))
            #expect(service.requests.count == 1)
            let answer = try await scene.exchange(token, ["weather"])
            #expect(answer["access_token"] == KeyService.key)
            #expect(answer["token_type"] == "N_A" && answer["header"] == "X-Api-Key")
            #expect(answer.json["expires_in"] == nil)
            #expect(answer.json["upstream_fields"] == ["region": "eu"])
            let injected = try await Self.forwardAuth(scene, token)
            #expect(injected.status == 200)
            #expect(injected.header("x-api-key") == KeyService.key)
            #expect(injected.header("authorization") == nil)
            // No page has it: not the result, and not the list.
            let list = try await scene.connectionsPage(browser)
            for page in [page, done, list] { #expect(!page.text.contains(KeyService.key)) }
            #expect(list.text.contains("weather"))
        }
    }

    private static func forwardAuth(_ scene: VaultScene, _ token: String) async throws -> OAuthTestClient.Answer {
        try await scene.client.send(
            "GET",
            scene.server.managementURL + "/forward-auth",
            headerFields: [("authorization", "Bearer " + token), ("x-gatehouse-proxy-secret", VaultScene.proxySecret)]
        )
    }

    @Test("a key that the service refuses is not stored, does not come back in the page, and can be corrected")
    func refused() async throws {
        try await Self.run { scene, service in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            let page = try await Self.page(scene, token, browser)
            let again = try await Self.enter("sk_wrong_key_1", on: page, browser)
            #expect(again.status == 400 && again.text.contains("does not accept it"))
            #expect(!again.text.contains("sk_wrong_key_1"))
            #expect(try await scene.exchange(token, ["weather"])["reason"] == "not_connected")
            #expect(try await Self.enter(KeyService.key, on: again, browser).status == 200)
            #expect(service.requests.count == 2)
            #expect(scene.server.auditLog.all.contains { $0.contains("credential_refused") })
            #expect(!scene.server.auditLog.all.contains { $0.contains("sk_wrong_key_1") })
        }
    }

    @Test("a service that cannot be asked stores nothing", arguments: [429, 500, 503])
    func unavailable(status: Int) async throws {
        try await Self.run { scene, service in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            service.answer(status)
            let page = try await Self.page(scene, token, browser)
            let answer = try await Self.enter(KeyService.key, on: page, browser)
            #expect(answer.status == 400 && answer.text.contains("cannot be asked at the moment"))
            #expect(try await scene.exchange(token, ["weather"])["reason"] == "not_connected")
        }
    }

    @Test(
        "values of the wrong form never reach the service",
        arguments: ["", "  ", "pk_other", "sk_ab\r\nX-Evil: 1", "sk_é", "sk_" + String(repeating: "a", count: 4100)]
    )
    func malformed(key: String) async throws {
        try await Self.run { scene, service in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            let page = try await Self.page(scene, token, browser)
            let answer = try await Self.enter(key, on: page, browser)
            #expect(answer.status == 400)
            #expect(service.requests.isEmpty)
            #expect(try await scene.exchange(token, ["weather"])["reason"] == "not_connected")
        }
    }

    @Test("VX-5, D-60: a link stores one credential, of its own user only")
    func link() async throws {
        try await Self.run { scene, _ in
            let (browser, graces) = (scene.browser(), scene.browser())
            _ = try await scene.accessToken(graces, as: "grace")
            let token = try await scene.accessToken(browser)
            let page = try await Self.page(scene, token, browser)
            _ = try await scene.signIn(graces, as: "grace")
            let hers = try await graces.get(page.url)
            #expect(hers.status == 403)
            #expect(try await Self.enter(KeyService.key, on: page, browser).status == 200)
            #expect(try await Self.enter(KeyService.key, on: page, browser).status == 400)
        }
    }

    @Test("VR-12: a reported credential is asked for again, and a new one replaces it")
    func reported() async throws {
        try await Self.run { scene, _ in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            _ = try await Self.enter(KeyService.key, on: try await Self.page(scene, token, browser), browser)
            #expect(try await scene.report(token, "weather")["status"] == "reauthorization_required")
            #expect(try await scene.exchange(token, ["weather"])["reason"] == "reauth_required")
            let page = try await Self.page(scene, token, browser)
            #expect(try await Self.enter(KeyService.key, region: "us", on: page, browser).status == 200)
            #expect(try await scene.exchange(token, ["weather"]).json["upstream_fields"] == ["region": "us"])
        }
    }

    @Test("expires_after: the credential is asked for again when its time is over")
    func expires() async throws {
        try await Self.run(configure: { configuration in
            configuration.upstreams[configuration.upstreams.count - 1].entered.lifetime = .seconds(7200)
            configuration.tokens.accessTokenLifetime = .seconds(86_400)
        }) { scene, _ in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            _ = try await Self.enter(KeyService.key, on: try await Self.page(scene, token, browser), browser)
            #expect(try await scene.exchange(token, ["weather"]).json["expires_in"] == 7200)
            scene.clock.advance(by: .seconds(7201))
            #expect(try await scene.exchange(token, ["weather"])["reason"] == "reauth_required")
        }
    }

    @Test("remind_before: once, on record and on the page, while the credential still works")
    func reminder() async throws {
        try await Self.run(configure: { configuration in
            configuration.upstreams[configuration.upstreams.count - 1].entered.lifetime = .seconds(30 * 86_400)
            configuration.tokens.accessTokenLifetime = .seconds(86_400)
        }) { scene, _ in
            func reminders() throws -> [JSONObject] { try scene.server.auditEvents("connection.expires_soon") }
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            _ = try await Self.enter(KeyService.key, on: try await Self.page(scene, token, browser), browser)
            await scene.server.server.performMaintenance()
            #expect(try reminders().isEmpty)
            scene.clock.advance(by: .seconds(23 * 86_400 + 1))
            for _ in 0..<2 {
                await scene.server.server.performMaintenance()
                scene.clock.advance(by: .seconds(3601))
            }
            let events = try reminders()
            try #require(events.count == 1)
            #expect(events[0]["upstream"] == "weather" && events[0]["expires_at"] != nil)
            // The credential still works, and the page says until when.
            let later = try await scene.accessToken()
            #expect(try await scene.exchange(later, ["weather"])["access_token"] == KeyService.key)
            let list = try await scene.signIn(scene.browser())
            #expect(list.text.contains("Ends soon") && list.text.contains("Connect weather again"))
        }
    }

    @Test("the storage has the credential sealed only")
    func sealed() async throws {
        try await Self.run { scene, _ in
            let browser = scene.browser()
            let token = try await scene.accessToken(browser)
            _ = try await Self.enter(KeyService.key, on: try await Self.page(scene, token, browser), browser)
            let connection = try await scene.connection("weather", of: token)
            #expect(connection.accountName == "eu")
            let text = String(decoding: connection.tokens.accessToken + (connection.tokens.fields ?? []), as: UTF8.self)
            #expect(!text.contains(KeyService.key))
            #expect(!"\(connection)".contains(KeyService.key))
        }
    }

    @Test("templates combine values, and a value that looks like a placeholder is not replaced")
    func template() throws {
        var credential = EnteredCredential()
        var user = EnteredCredential.Field()
        user.name = "user"
        user.isSecret = false
        var token = EnteredCredential.Field()
        token.name = "token"
        credential.fields = [user, token]
        credential.format = CredentialTemplate("Basic base64({user}:{token})")
        let rendered = try credential.rendered(EnteredValues(["user": "{token})", "token": "a:b"]))
        #expect(rendered.credential == "Basic " + Base64.encode(Array("{token}):a:b".utf8)))
        #expect(rendered.open == ["user": "{token})"])
        #expect(!"\(rendered)".contains("a:b"))
        for text in ["{key", "base64({key}", "key}", "a\nb"] { #expect(CredentialTemplate(text) == nil, "\(text)") }
        #expect(CredentialTemplate("Basic base64({a}:{b})")?.text == "Basic base64({a}:{b})")
    }
}
