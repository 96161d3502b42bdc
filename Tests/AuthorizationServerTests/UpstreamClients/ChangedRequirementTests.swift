import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("UP-4, D-64: required_claims that the operator changes reach live sessions at their next refresh")
struct ChangedRequirementTests {
    private static var provider: DevelopmentIdentityProvider.Configuration {
        var ada = DevelopmentUser.ada
        ada.additionalClaims = ["hd": "corp.example", "groups": ["staff", "admins"], "level": 3]
        var grace = DevelopmentUser.grace
        grace.additionalClaims = ["hd": "other.example", "groups": ["staff"]]
        return .init(users: [ada, grace])
    }

    private static func requirement(_ claim: String, _ values: String...) -> [UpstreamClaimRequirement] {
        [UpstreamClaimRequirement(claim: claim, acceptedValues: Set(values))]
    }

    /// A provider without ID tokens: what it said of an account is known from the login alone.
    static func withoutIDTokens(_ upstream: inout Configuration.Upstream) {
        let site = upstream.issuer ?? ""
        upstream.preset = .oauth2
        upstream.issuer = nil
        upstream.scopes = ["read"]
        upstream.endpoints = .init(
            authorization: site + "/oauth2/authorize",
            token: site + "/oauth2/token",
            userInfo: .init(endpoint: site + "/oauth2/user", subject: ["id"], name: ["name"])
        )
    }

    /// The client of an earlier run, at this one.
    private static func client(_ earlier: OAuthTestClient?, at server: TestServer) -> OAuthTestClient {
        var client = OAuthTestClient(
            issuer: server.issuer,
            transport: server.transport,
            resource: TestServer.resource
        )
        client.id = earlier?.id ?? ""
        return client
    }

    @Test("a new requirement ends the sessions of accounts that do not meet it, and no others")
    func newRequirement() async throws {
        try await RestartScene.run(Self.provider) { scene in
            var client: OAuthTestClient?
            var logins: [String: OAuthTestClient.Answer] = [:]
            try await scene.serve({ _ in }) { server in
                let registered = try await OAuthTestClient.registered(at: server)
                for user in ["ada", "grace"] {
                    logins[user] = try await scene.tokens(registered, at: server, as: user)
                }
                client = registered
            }
            let (ada, grace) = (try #require(logins["ada"]), try #require(logins["grace"]))
            try await scene.serve({ $0.requiredClaims = Self.requirement("hd", "corp.example") }) { server in
                let registered = Self.client(client, at: server)
                let first = try await registered.refresh(ada.refreshToken)
                #expect(first.status == 200)
                #expect(try await registered.refresh(first.refreshToken).status == 200)
                #expect(try await registered.introspect(grace.accessToken).json["active"] == true)
                let refused = try await registered.refresh(grace.refreshToken)
                #expect(refused.isError(400, "invalid_grant"))
                #expect(refused["error_description"]?.contains("no longer accepted") == true)
                #expect(try await registered.refresh(grace.refreshToken).isError(400, "invalid_grant"))
                #expect(try await registered.introspect(grace.accessToken).json["active"] == false)
                let events = try server.auditEvents("session.ended_upstream")
                #expect(events.count == 1)
                #expect(events.first?["reason"] == "account_not_allowed" && events.first?["upstream"] == "corp")
                let again = try await scene.authorize(registered, at: server, as: "grace")
                #expect(again["error"] == "access_denied" && again["code"] == nil)
            }
        }
    }

    @Test("another client's use of the refresh token ends nothing (D-29)")
    func foreignClient() async throws {
        try await RestartScene.run(Self.provider) { scene in
            var login: OAuthTestClient.Answer?
            try await scene.serve({ _ in }) { server in
                let registered = try await OAuthTestClient.registered(at: server)
                login = try await scene.tokens(registered, at: server, as: "grace")
            }
            let grace = try #require(login)
            try await scene.serve({ $0.requiredClaims = Self.requirement("hd", "corp.example") }) { server in
                let stranger = try await OAuthTestClient.registered(at: server)
                #expect(try await stranger.refresh(grace.refreshToken).isError(400, "invalid_grant"))
                #expect(try await stranger.introspect(grace.accessToken).json["active"] == true)
                #expect(try server.auditEvents("session.ended_upstream").isEmpty)
            }
        }
    }

    @Test("without ID tokens the values that the login showed decide; what it did not show needs another login")
    func shownValues() async throws {
        try await RestartScene.run(Self.provider) { scene in
            func upstream(
                _ requirements: [UpstreamClaimRequirement]
            ) -> (inout Configuration.Upstream) -> Void {
                {
                    Self.withoutIDTokens(&$0)
                    $0.requiredClaims = requirements
                }
            }
            var client: OAuthTestClient?
            var tokens: [String: String] = [:]
            try await scene.serve(upstream(Self.requirement("groups", "staff", "admins"))) { server in
                let registered = try await OAuthTestClient.registered(at: server)
                for user in ["ada", "grace"] {
                    let login = try await scene.tokens(registered, at: server, as: user)
                    tokens[user] = try await registered.refresh(login.refreshToken).refreshToken
                }
                client = registered
            }
            try await scene.serve(upstream(Self.requirement("groups", "admins", "owners"))) { server in
                let registered = Self.client(client, at: server)
                let answer = try await registered.refresh(tokens["grace"] ?? "")
                #expect(answer.isError(400, "invalid_grant"))
                tokens["ada"] = try await registered.refresh(tokens["ada"] ?? "").refreshToken
            }
            // Ada's level is 3, which no login has shown.
            try await scene.serve(upstream(Self.requirement("level", "3"))) { server in
                let registered = Self.client(client, at: server)
                let answer = try await registered.refresh(tokens["ada"] ?? "")
                #expect(answer.isError(400, "invalid_grant"))
                let login = try await scene.tokens(registered, at: server, as: "ada")
                tokens["ada"] = try await registered.refresh(login.refreshToken).refreshToken
            }
            // Without a requirement nothing is asked.
            try await scene.serve(upstream([])) { server in
                let registered = Self.client(client, at: server)
                let answer = try await registered.refresh(tokens["ada"] ?? "")
                #expect(answer.status == 200)
            }
        }
    }

    @Test("an account of which nothing is known ends sessions and agents, and is not found usable by a login")
    func unknownAccount() async throws {
        func configure(_ configuration: inout Configuration) {
            configuration.agents.isEnabled = true
            configuration.scopes = configuration.scopes.union(ScopeSet([ScopeSet.agents]))
            Self.withoutIDTokens(&configuration.upstreams[1])
            configuration.upstreams[1].requiredClaims = Self.requirement("groups", "staff")
        }
        try await VaultScene.run(corp: Self.provider, files: Self.provider, configure: configure) { scene in
            var scene = scene
            scene.client.scope = "mcp:read offline_access agents connections"
            _ = try await scene.logIn()
            let login = try await scene.logIn()
            #expect(scene.files.requestCount(on: .oauth2Authorization) == 1)
            let body: JSONObject = ["name": "nightly", "upstreams": ["corp"]]
            let made = try await scene.client.send(
                "POST",
                "/agents",
                headerFields: [
                    ("authorization", "Bearer \(login.accessToken)"), ("content-type", "application/json"),
                ],
                body: body.serialized()
            )
            let agent = try #require(made["agent_token"])
            let form = [("grant_type", "urn:gatehouse:grant-type:agent-token"), ("agent_token", agent)]
            #expect(try await scene.server.visitor.token(form).status == 200)
            try await Self.forget(try await scene.connection("files", of: login.accessToken), scene)
            for _ in 0..<2 {
                #expect(try await scene.server.visitor.token(form).isError(400, "invalid_grant"))
                #expect(try await scene.client.refresh(login.refreshToken).isError(400, "invalid_grant"))
            }
            let events = try scene.server.auditEvents("session.ended_upstream")
            #expect(events.count == 2 && events.allSatisfy { $0["reason"] == "account_not_allowed" })
            let again = try await scene.logIn()
            #expect(scene.files.requestCount(on: .oauth2Authorization) == 2)
            #expect(try await scene.client.refresh(again.refreshToken).status == 200)
        }
    }

    /// Leaves a connection as an earlier version stored it, without anything that the login showed.
    private static func forget(_ connection: Connection, _ scene: VaultScene) async throws {
        _ = try await scene.server.server.stores.vault.store(
            ConnectionDraft(
                userID: connection.userID,
                upstream: connection.upstream,
                account: connection.account,
                accountName: connection.accountName,
                tokens: connection.tokens,
                scopes: connection.scopes,
                accessTokenExpiry: connection.accessTokenExpiry,
                upstreamClientID: connection.upstreamClientID,
                acceptedClaims: []
            ),
            candidate: connection.id,
            now: scene.clock.now()
        ).outcome
    }
}
