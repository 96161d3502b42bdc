import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Synchronization
import Testing
import UpstreamIdentity

@Suite("allow: who may log in, where, with which client and scopes")
struct AccessRuleTests {
    private static var provider: DevelopmentIdentityProvider.Configuration {
        var ada = DevelopmentUser.ada
        ada.additionalClaims = ["groups": ["staff", "admins"], "org": "corp/research"]
        var grace = DevelopmentUser.grace
        grace.additionalClaims = ["groups": ["guests"], "org": "corp/sales", "email_domain": "corp.example"]
        return .init(users: [ada, grace, DevelopmentUser(subject: "alan", name: "Alan Turing", numericID: 7)])
    }

    private static func claim(_ path: String, _ values: String...) -> ClaimRule {
        .claim(path, anyOf: values.map(ValuePattern.init))
    }

    private static let staff = claim("groups", "staff", "owners")

    /// One place where a rule can be.
    enum Place: String, CaseIterable, Sendable {
        case upstream, resource, client

        func put(_ rule: ClaimRule, _ configuration: inout Configuration) {
            switch self {
            case .upstream: configuration.upstreams[0].access = rule
            case .resource: configuration.resources[0].access = rule
            case .client:
                var client = Configuration.Client(clientID: "known")
                client.redirectURIs = ["http://127.0.0.1:51004/callback"]
                client.access = rule
                configuration.clients = [client]
            }
        }

        /// The client that the rule is about.
        func client(_ scene: BrowserScene) -> OAuthTestClient {
            var client = scene.client
            if self == .client { client.id = "known" }
            return client
        }
    }

    @Test(
        "a login of an account that complies succeeds; of another, or one without the claim, it ends before anything is kept",
        arguments: Place.allCases
    )
    func login(place: Place) async throws {
        try await BrowserScene.run(
            provider: Self.provider,
            configure: { place.put(.all([Self.staff, Self.claim("org", "corp/*")]), &$0) }
        ) { scene in
            let client = place.client(scene)
            for user in ["grace", "alan"] {
                let answer = try await client.authorize(with: scene.anotherBrowser(), at: scene.server, as: user)
                #expect(answer["error"] == "access_denied" && answer["code"] == nil)
                let expected = /this account is not allowed to log in here \(reference [a-z0-9]+\)/
                #expect(answer["error_description"]?.wholeMatch(of: expected) != nil)
            }
            try await scene.expectNothingStored()
            let reasons = try scene.auditEvents("upstream.login_failed").map { $0["reason"]?.stringValue }
            #expect(reasons == ["account_not_allowed", "account_not_allowed"])
            let answer = try await client.authorize(with: scene.anotherBrowser(), at: scene.server, as: "ada")
            #expect(answer["code"] != nil)
        }
    }

    @Test("a rule of one client or resource is not another's")
    func elsewhere() async throws {
        try await BrowserScene.run(
            provider: Self.provider,
            configure: { configuration in
                Place.client.put(Self.staff, &configuration)
                TestServer.addSecondResource(&configuration)
                configuration.resources[1].access = Self.staff
            }
        ) { scene in
            let answer = try await scene.client.authorize(with: scene.browser, at: scene.server, as: "grace")
            #expect(answer["code"] != nil)
        }
    }

    @Test("email_domain is that of a verified address alone; no claim of that name counts")
    func emailDomain() async throws {
        #expect(AccessRules.facts([:], verifiedEmail: "a@CORP.example")["email_domain"] == "corp.example")
        let claimed: JSONObject = ["email_domain": "corp.example", "email": "a@corp.example"]
        #expect(AccessRules.facts(claimed, verifiedEmail: nil)["email_domain"] == nil)
        #expect(AccessRules.facts([:], verifiedEmail: "a@b@corp.example")["email_domain"] == nil)
        try await BrowserScene.run(
            provider: Self.provider,
            configure: { Place.upstream.put(Self.claim("email_domain", "corp.example"), &$0) }
        ) { scene in
            // Her claim of that name is not what the rule asks about.
            let answer = try await scene.client.authorize(with: scene.browser, at: scene.server, as: "grace")
            #expect(answer["error"] == "access_denied")
        }
    }

    @Test("allow_scopes: a user gets the scopes whose rule accepts her, and no login without any")
    func scopes() async throws {
        try await BrowserScene.run(
            provider: Self.provider,
            configure: { $0.resources[0].scopeAccess = ["mcp:write": Self.claim("groups", "admins")] }
        ) { scene in
            for (user, scope) in [("ada", "mcp:read mcp:write"), ("grace", "mcp:read"), ("alan", "mcp:read")] {
                var client = scene.client
                client.scope = "mcp:read mcp:write"
                let answer = try await client.authorize(with: scene.anotherBrowser(), at: scene.server, as: user)
                let tokens = try await client.redeem(try #require(answer["code"], "\(user): \(answer)"))
                #expect(tokens["scope"] == scope, "\(user)")
                let claims = try JSONWebToken.unverifiedClaims(of: CompactJWS(parsing: tokens.accessToken))
                #expect(claims["scope"] == .string(scope))
                #expect(!claims.members.contains { $0.name.contains("withheld") })
            }
            var client = scene.client
            client.scope = "mcp:write"
            let refused = try await client.authorize(with: scene.anotherBrowser(), at: scene.server, as: "grace")
            #expect(refused["error"] == "access_denied")
        }
    }

    @Test("a remembered consent is to the request, whatever the user gets of it")
    func rememberedConsent() async throws {
        try await BrowserScene.run(
            provider: Self.provider,
            configure: {
                $0.consent = .remember
                $0.resources[0].scopeAccess = ["mcp:write": Self.claim("groups", "admins")]
            }
        ) { scene in
            var client = scene.client
            client.scope = "mcp:read mcp:write"
            let first = try await client.authorize(with: scene.browser, at: scene.server, as: "grace")
            let own = [(name: "sec-fetch-site", value: "none")]
            let page = try await scene.browser.get(client.authorizationURL(), headerFields: own)
            #expect(page.status == 302)
            let second = try await client.finish(page, with: scene.browser, at: scene.server, as: "grace")
            for answer in [first, second] {
                let tokens = try await client.redeem(try #require(answer["code"], "\(answer)"))
                #expect(tokens["scope"] == "mcp:read")
            }
        }
    }

    @Test("a provider with a rule is visited again when what is stored does not show that its account complies")
    func skippedLeg() async throws {
        func visits(_ rule: ClaimRule?, idTokens: Bool = true) async throws -> Int {
            var count = 0
            try await VaultScene.run(
                corp: Self.provider,
                files: Self.provider,
                configure: { configuration in
                    configuration.upstreams[1].access = rule
                    if !idTokens { ChangedRequirementTests.withoutIDTokens(&configuration.upstreams[1]) }
                }
            ) { scene in
                for _ in 0..<2 { _ = try await scene.logIn() }
                count = scene.files.requestCount(on: idTokens ? .authorization : .oauth2Authorization)
            }
            return count
        }
        #expect(try await visits(nil) == 1)
        #expect(try await visits(Self.staff) == 1)
        #expect(try await visits(nil, idTokens: false) == 1)
        #expect(try await visits(Self.staff, idTokens: false) == 2)
    }
}

@Suite("allow: what is withdrawn takes effect at the next refresh")
struct WithdrawnAccessTests {
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

    /// A logged-in user's client, and what reloads the server with a change.
    private static func run(
        _ body: (TestServer, OAuthTestClient, String, (@Sendable (inout Configuration) -> Void) async -> Void)
            async throws
            -> Void
    ) async throws {
        let source = Source()
        var ada = DevelopmentUser.ada
        ada.additionalClaims = ["groups": ["staff"]]
        try await TestServer.run(
            provider: .init(users: [ada]),
            environment: { $0.readConfiguration = source.read }
        ) { server in
            var client = try await OAuthTestClient.registered(at: server)
            client.scope = "mcp:read mcp:write offline_access"
            let tokens = try await client.tokens(at: server)
            let refreshToken = try #require(tokens["refresh_token"])
            try await body(server, client, refreshToken) { change in
                var next = server.server.configuration
                change(&next)
                source.put(next)
                let outcome = await server.server.reload(by: "test")
                #expect(outcome.refusal == nil, "\(outcome)")
            }
        }
    }

    private static func groups(_ values: String...) -> ClaimRule {
        .claim("groups", anyOf: values.map(ValuePattern.init))
    }

    @Test("a definite no ends the session, with a reason, and once")
    func ended() async throws {
        try await Self.run { (server, client, refreshToken, reload) async throws in
            await reload { $0.resources[0].access = Self.groups("owners") }
            let refused = try await client.refresh(refreshToken)
            #expect(refused.isError(400, "invalid_grant") && refused["reason"] == "access_withdrawn")
            let events = try server.auditEvents("session.ended")
            try #require(events.count == 1)
            #expect(events[0]["by"] == "allow of the resource" && events[0]["reason"] == "access_withdrawn")
            await reload { $0.resources[0].access = nil }
            let again = try await client.refresh(refreshToken)
            #expect(again.isError(400, "invalid_grant") && again["reason"] == nil)
        }
    }

    @Test("what complies, and what the ID token does not say, ends nothing")
    func goesOn() async throws {
        try await Self.run { (server, client, refreshToken, reload) async throws in
            await reload { $0.resources[0].access = .all([Self.groups("staff"), .claim("department", anyOf: [])]) }
            #expect(try await client.refresh(refreshToken).status == 200)
            #expect(try server.auditEvents("session.ended").isEmpty)
        }
    }

    @Test("a scope that is withheld is missing from the next token, and comes back with the rule")
    func scope() async throws {
        try await Self.run { (_, client, refreshToken, reload) async throws in
            await reload { $0.resources[0].scopeAccess = ["mcp:write": Self.groups("owners")] }
            let narrowed = try await client.refresh(refreshToken)
            #expect(narrowed.status == 200 && narrowed["scope"]?.contains("mcp:write") == false)
            await reload { $0.resources[0].scopeAccess = ["mcp:write": Self.groups("staff")] }
            let whole = try await client.refresh(try #require(narrowed["refresh_token"]))
            #expect(whole["scope"]?.contains("mcp:write") == true)
        }
    }
}
