import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Synchronization
import Testing

@Suite("allow: agents get no more than their user")
struct AgentAccessTests {
    /// What a reload reads.
    private final class Source: Sendable {
        private let content = Mutex<Configuration?>(nil)

        struct Unreadable: Error {}

        func put(_ configuration: Configuration) { content.withLock { $0 = configuration } }

        func read() throws -> Configuration {
            guard let configuration = content.withLock(\.self) else { throw Unreadable() }
            return configuration
        }
    }

    private static func run(
        _ source: Source = Source(),
        configure: (inout Configuration) -> Void = { _ in },
        _ body: (VaultScene) async throws -> Void
    ) async throws {
        try await VaultScene.run(
            configure: { configuration in
                configuration.agents.isEnabled = true
                configuration.tokens.accessTokenLifetime = .seconds(86_400)
                configuration.scopes = configuration.scopes.union(ScopeSet([ScopeSet.agents]))
                configure(&configuration)
            },
            environment: { $0.readConfiguration = source.read }
        ) { scene in
            var scene = scene
            scene.client.scope = "mcp:read mcp:write offline_access agents connections"
            try await body(scene)
        }
    }

    private static func user(_ subject: String) -> ClaimRule { .claim("sub", anyOf: [ValuePattern(subject)]) }

    /// Sends the form on the page of a user who has logged in.
    private static func makeOnPage(
        _ scene: VaultScene,
        at resource: String,
        _ scope: String = "mcp:read"
    ) async throws -> TestBrowser.Page {
        let browser = scene.browser()
        let page = try await scene.signIn(browser)
        let form =
            page.hiddenFields.map { ($0.key, $0.value) } + [
                ("agent_make", "yes"), ("agent_name", "backup"), ("agent_resource", resource),
                ("agent_scope", scope), ("agent_days", "7"),
            ]
        return try await browser.post(try #require(page.formAction), form: form)
    }

    private static func token(_ page: TestBrowser.Page) -> String? {
        page.text.firstMatch(of: /gat_[0-9a-f]{72}/).map { String($0.output) }
    }

    private static func make(_ scene: VaultScene, _ access: String) async throws -> OAuthTestClient.Answer {
        try await scene.client.send(
            "POST",
            "/agents",
            headerFields: [
                (name: "authorization", value: "Bearer \(access)"), (name: "content-type", value: "application/json"),
            ],
            body: (["name": "a", "scope": "mcp:read"] as JSONObject).serialized()
        )
    }

    private static func exchange(_ scene: VaultScene, _ token: String) async throws -> OAuthTestClient.Answer {
        try await scene.server.visitor.token([
            ("grant_type", "urn:gatehouse:grant-type:agent-token"), ("agent_token", token),
        ])
    }

    @Test("the page makes an agent only at a resource that accepts the user", arguments: ["ada", "grace"])
    func page(accepted: String) async throws {
        try await Self.run(configure: { configuration in
            TestServer.addSecondResource(&configuration)
            configuration.resources[1].access = Self.user(accepted)
        }) { scene in
            _ = try await scene.accessToken()
            let shown = try await Self.makeOnPage(scene, at: TestServer.secondResource)
            let token = Self.token(shown)
            #expect(shown.status == (accepted == "ada" ? 200 : 400) && (token != nil) == (accepted == "ada"))
            if let token { #expect(try await Self.exchange(scene, token).status == 200) }
        }
    }

    @Test("the page makes no agent with a scope that the user does not get")
    func scope() async throws {
        try await Self.run(configure: { $0.resources[0].scopeAccess = ["mcp:write": Self.user("grace")] }) { scene in
            _ = try await scene.accessToken()
            let refused = try await Self.makeOnPage(scene, at: TestServer.resource, "mcp:write")
            #expect(refused.status == 400 && Self.token(refused) == nil)
            let shown = try await Self.makeOnPage(scene, at: TestServer.resource)
            #expect(shown.status == 200 && Self.token(shown) != nil)
        }
    }

    @Test("what is withdrawn ends an agent of the page and one of a client at the next use, with a reason, and once")
    func withdrawn() async throws {
        let source = Source()
        try await Self.run(source) { scene in
            let access = try await scene.accessToken()
            let own = try #require(Self.token(try await Self.makeOnPage(scene, at: TestServer.resource)))
            let clients = try #require(try await Self.make(scene, access)["agent_token"])
            for token in [own, clients] {
                #expect(try await Self.exchange(scene, token).status == 200)
            }
            var next = scene.server.server.configuration
            next.resources[0].access = Self.user("grace")
            source.put(next)
            let outcome = await scene.server.server.reload(by: "test")
            #expect(outcome.refusal == nil, "\(outcome)")
            for token in [own, clients] {
                let refused = try await Self.exchange(scene, token)
                #expect(refused.isError(400, "invalid_grant") && refused["reason"] == "access_withdrawn")
                let again = try await Self.exchange(scene, token)
                #expect(again.isError(400, "invalid_grant") && again["reason"] == nil)
            }
            let events = try scene.server.auditEvents("session.ended")
            let causes = events.filter { $0["by"] == "allow of the resource" && $0["reason"] == "access_withdrawn" }
            #expect(events.count == 2 && causes.count == 2)
            let made = try await Self.make(scene, access)
            #expect(made["agent_token"] == nil && made.error == "access_denied")
        }
    }
}
