import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("Field trials: providers as they are, from login to retrieval")
struct ProviderTrialTests {
    private typealias Quirks = Set<DevelopmentIdentityProvider.Quirk>

    /// A provider with quirks in both of its protocols.
    private static func provider(_ quirks: Quirks) -> DevelopmentIdentityProvider.Configuration {
        var configuration = DevelopmentIdentityProvider.Configuration()
        configuration.openIDConnect.quirks = quirks
        configuration.oauth2.quirks = quirks
        configuration.oauth2.accessTokenLifetime = .seconds(3600)
        configuration.oauth2.refreshTokens = .rotating
        return configuration
    }

    /// The second upstream, `files`, as an OAuth 2.0 provider.
    private static func oauth2(
        _ configuration: inout Configuration,
        _ adjust: (inout Configuration.Upstream) -> Void = { _ in }
    ) {
        configuration.tokens.accessTokenLifetime = .seconds(86_400)
        let site = configuration.upstreams[1].issuer ?? ""
        var upstream = configuration.upstreams[1]
        upstream.preset = .oauth2
        upstream.issuer = nil
        upstream.scopes = ["read", "write"]
        upstream.endpoints = UpstreamEndpointOverrides(
            authorization: site + "/oauth2/authorize",
            token: site + "/oauth2/token",
            userInfo: UserInfoMapping(endpoint: site + "/oauth2/user", subject: ["id"], name: ["name"])
        )
        adjust(&upstream)
        configuration.upstreams[1] = upstream
    }

    @Test("P-1: permissions in place of scopes: a retrieval names any scope, and the next login skips the provider")
    func permissions() async throws {
        for semantics in [ScopeSemantics.permissions, nil] {
            try await VaultScene.run(
                files: Self.provider([.emptyScope]),
                configure: { Self.oauth2(&$0) { $0.behaviour.scopeSemantics = semantics } },
                { scene in
                    let token = try await scene.accessToken()
                    let answer = try await scene.exchange(token, ["files"], [("scope", "read")])
                    if semantics == nil {
                        #expect(answer.json["reason"] == "scope_missing")
                    } else {
                        #expect(answer.status == 200 && answer["scope"] == "")
                    }
                    _ = try await scene.accessToken()
                    let visits = scene.files.requestCount(on: .oauth2Authorization)
                    #expect(visits == (semantics == nil ? 2 : 1))
                }
            )
        }
    }

    @Test("P-2: the refresh token slides at a provider that never names offline_access")
    func slidingRefreshToken() async throws {
        try await VaultScene.run(
            corp: Self.provider([.hidesOfflineAccess]),
            configure: { configuration in
                configuration.tokens.accessTokenLifetime = .seconds(86_400)
                configuration.upstreams[0].behaviour.sendsScopesOnRefresh = true
            },
            { scene in
                let token = try await scene.accessToken()
                for _ in 0..<2 {
                    scene.clock.advance(by: .seconds(2 * 3600))
                    #expect(try await scene.exchange(token, ["corp"]).status == 200)
                }
                let refreshes = scene.corp.capturedRequests(on: .token).filter {
                    $0.parameter("grant_type") == "refresh_token"
                }
                #expect(refreshes.count == 2)
                #expect(refreshes[0].parameter("refresh_token") != refreshes[1].parameter("refresh_token"))
                #expect(refreshes.allSatisfy { $0.parameter("scope")?.contains("offline_access") == true })
            }
        )
    }

    @Test("P-10: fields beside the token are returned, kept over refreshes, and forwarded as headers")
    func extras() async throws {
        try await VaultScene.run(
            files: Self.provider([.apiFields]),
            configure: { configuration in
                Self.oauth2(&configuration) {
                    $0.behaviour.extras = ["instance_url", "workspace_id", "realmId", "cloud_id", "absent"]
                }
                configuration.resources[0].forwardAuthUpstream = "files"
                configuration.resources[0].forwardAuthFields = [
                    .init(field: "instance_url", header: "X-Instance-Url"), .init(field: "absent", header: "X-Absent"),
                ]
            },
            { scene in
                let token = try await scene.accessToken()
                var fields: JSONObject = [
                    "realmId": "R-0815", "instance_url": "https://api.example.com", "workspace_id": "W-17",
                    "cloud_id": "C-4711",
                ]
                #expect(try await scene.exchange(token, ["files"]).json["upstream_fields"] == .object(fields))
                // A refresh repeats one of them, with another value.
                scene.clock.advance(by: .seconds(2 * 3600))
                let refreshed = try await scene.exchange(token, ["files"])
                fields["instance_url"] = "https://moved.example.com"
                #expect(refreshed.json["refreshed"] == true)
                #expect(refreshed.json["upstream_fields"] == .object(fields))
                #expect(try await scene.exchange(token, ["corp"]).json["upstream_fields"] == nil)
                let forwarded = try await scene.client.send(
                    "GET",
                    scene.server.managementURL + "/forward-auth",
                    headerFields: [
                        ("authorization", "Bearer " + token), ("x-gatehouse-proxy-secret", VaultScene.proxySecret),
                    ]
                )
                #expect(forwarded.header("x-instance-url") == "https://moved.example.com")
                #expect(forwarded.header("x-absent") == "")
                let stored = try await scene.connection("files", of: token)
                let sealed = try #require(stored.tokens.fields)
                #expect(!String(decoding: sealed, as: UTF8.self).contains("moved"))
                for line in scene.server.log.all + scene.server.auditLog.all { #expect(!line.contains("R-0815")) }
            }
        )
    }

    @Test("P-10: fields survive a rotation of the vault's key and a restart's records")
    func storedExtras() async throws {
        try await VaultScene.run(
            files: Self.provider([.apiFields]),
            configure: { Self.oauth2(&$0) { $0.behaviour.extras = ["realmId"] } },
            { scene in
                let token = try await scene.accessToken()
                let rotation = try await scene.client.send(
                    "POST",
                    scene.server.managementURL + "/admin/vault-key/rotate",
                    headerFields: [("authorization", "Bearer admin-token-for-tests")]
                )
                #expect(rotation.status == 200)
                #expect(
                    try await scene.exchange(token, ["files"]).json["upstream_fields"] == ["realmId": "R-0815"]
                )
            }
        )
    }

    @Test("P-11: a token with a time of expiry instead of a lifetime is refreshed in time")
    func moments() async throws {
        for quirk in [
            DevelopmentIdentityProvider.Quirk.expiryAsText, .expiryAsFraction, .expiryAtSeconds, .expiryAtMilliseconds,
            .expiryAtDate,
        ] {
            try await VaultScene.run(
                corp: Self.provider([quirk]),
                configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) },
                { scene in
                    let token = try await scene.accessToken()
                    #expect(try await scene.exchange(token, ["corp"]).json["expires_in"] == 3600, "\(quirk)")
                    scene.clock.advance(by: .seconds(2 * 3600))
                    #expect(try await scene.exchange(token, ["corp"]).json["refreshed"] == true, "\(quirk)")
                }
            )
        }
    }

    @Test(
        "P-3 to P-11: each quirk with its key, from login over refresh to retrieval",
        arguments: TestServer.UpstreamQuirk.allCases
    )
    func embeddedQuirks(quirk: TestServer.UpstreamQuirk) async throws {
        var options = TestServer.Options()
        options.accessTokenLifetime = .seconds(86_400)
        options.upstreamQuirks = [quirk]
        try await TestServer.run(options) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let token = try await client.tokens(at: server)["access_token"] ?? ""
            #expect(try await client.exchange(token).status == 200)
            server.advance(by: .seconds(2 * 3600))
            let answer = try await client.exchange(token)
            #expect(answer.status == 200 && answer.json["refreshed"] == true)
        }
    }

    @Test("P-8: a provider that compares the credentials of HTTP Basic undecoded; the log says what to try")
    func rawCredentials() async throws {
        var files = Self.provider([.rawBasicCredentials])
        files.clients = .registered([
            DevelopmentClient(id: "gatehouse", authentication: .secretBasic("a+b/c="))
        ])
        for encoding in [BasicEncoding.raw, .form] {
            try await VaultScene.run(
                files: files,
                configure: {
                    Self.oauth2(&$0) {
                        $0.clientSecret = .value(SecretValue("a+b/c="))
                        $0.behaviour.basicEncoding = encoding
                        $0.isOptional = true
                    }
                },
                { scene in
                    let token = try await scene.accessToken()
                    let isConnected = encoding == .raw
                    #expect(try await scene.exchange(token, ["files"]).status == (isConnected ? 200 : 400))
                }
            )
        }
    }

    @Test("P-9: refresh tokens are redeemed at an endpoint of their own")
    func refreshEndpoint() async throws {
        try await VaultScene.run(
            files: Self.provider([.separateRefreshEndpoint]),
            configure: {
                Self.oauth2(&$0) { upstream in
                    upstream.endpoints.refresh = upstream.endpoints.token?.replacing("/token", with: "/refresh")
                }
            },
            { scene in
                let token = try await scene.accessToken()
                scene.clock.advance(by: .seconds(2 * 3600))
                #expect(try await scene.exchange(token, ["files"]).json["refreshed"] == true)
                #expect(scene.files.requestCount(on: .oauth2Refresh) == 1)
                #expect(scene.files.requestCount(on: .oauth2Token) == 1)
            }
        )
    }

    @Test("P-19: who the user is, by POST, GraphQL, in an array, with the token in the URL, or from the token answer")
    func identities() async throws {
        let cases: [(DevelopmentIdentityProvider.Quirk, @Sendable (inout Configuration.Upstream) -> Void)] = [
            (.userInfoByPost, { $0.endpoints.userInfo?.method = .post }),
            (
                .userInfoByGraphQL,
                {
                    $0.endpoints.userInfo?.method = .post
                    $0.endpoints.userInfo?.body = #"{"query": "{ viewer { id name } }"}"#
                    $0.endpoints.userInfo?.paths.subject = ["data.viewer.id"]
                }
            ),
            (.userInfoAsArray, { $0.endpoints.userInfo?.paths.subject = ["0.id"] }),
            (.userInfoByQuery, { $0.endpoints.userInfo?.endpoint += "?access_token={access_token}" }),
            (
                .identityInTokenAnswer,
                {
                    $0.endpoints.userInfo = nil
                    $0.behaviour.identityFromToken = IdentityPaths(subject: ["owner.user.id"])
                }
            ),
        ]
        for (quirk, adjust) in cases {
            try await VaultScene.run(
                files: Self.provider([quirk]),
                configure: { Self.oauth2(&$0, adjust) },
                { scene in
                    let token = try await scene.accessToken()
                    let answer = try await scene.exchange(token, ["files"])
                    #expect(answer.status == 200, "\(quirk)")
                    #expect(answer.json.value(at: "account.sub")?.stringValue?.isEmpty == false, "\(quirk)")
                }
            )
        }
    }

    @Test("P-19: a leg without identity belongs to the first leg's user, each user has one, and it logs no user in")
    func legWithoutIdentity() async throws {
        try await VaultScene.run(
            files: Self.provider([.identityInTokenAnswer]),
            configure: { configuration in
                Self.oauth2(&configuration) {
                    $0.endpoints.userInfo = nil
                    $0.behaviour.identity = .absent
                }
            },
            { scene in
                let ada = try await scene.accessToken(as: "ada")
                let grace = try await scene.accessToken(as: "grace", atFiles: "ada")
                let tokens = [
                    try await scene.exchange(ada, ["files"]), try await scene.exchange(grace, ["files"]),
                ]
                #expect(tokens.allSatisfy { $0.status == 200 })
                #expect(tokens[0]["access_token"] != tokens[1]["access_token"])
                // A second login replaces the connection: there is one for each user.
                _ = try await scene.exchange(try await scene.accessToken(as: "ada"), ["files"])
                let list = try #require(try await scene.connections(ada).json["connections"]?.arrayValue)
                #expect(list.count == 2)
                let page = try await scene.connectionsPage(scene.browser())
                #expect(page.text.contains("corp") && !page.text.contains("files"))
            }
        )
    }

    @Test("P-19: connecting a provider without identity by its page needs the link's user, and gives it to that user")
    func connectWithoutIdentity() async throws {
        try await VaultScene.run(
            files: Self.provider([.identityInTokenAnswer]),
            configure: { configuration in
                Self.oauth2(&configuration) {
                    $0.endpoints.userInfo = nil
                    $0.behaviour.identity = .absent
                    $0.isOptional = true
                }
            },
            { scene in
                let browser = scene.browser()
                scene.files.script(.oauthError("access_denied"), on: .oauth2Authorization)
                let token = try await scene.accessToken(browser)
                let refusal = try await scene.exchange(token, ["files"])
                #expect(refusal.json["reason"] == "not_connected")
                let uri = try #require(refusal.json["connect_uri"]?.stringValue)
                let who = try await browser.get(uri)
                // That provider identifies no user, so the page does not offer it.
                #expect(who.text.contains("corp") && !who.text.contains("files\""))
                let page = try await scene.walk(try await scene.press("sign_in", "corp", on: who, browser), browser)
                let end = try await scene.walk(try await scene.press("decision", "connect", on: page, browser), browser)
                #expect(end.status == 200, "\(end.text)")
                #expect(try await scene.exchange(token, ["files"]).status == 200)
            }
        )
    }

    @Test("Loosened checks are warned about at start, by upstream and key")
    func warnings() async throws {
        var options = TestServer.Options()
        options.upstreamQuirks = [.refusesProofKey, .omitsNonce]
        try await TestServer.run(options) { server in
            let lines = server.log.all.filter { $0.contains("permits what may not be intended") }
            #expect(lines.contains { $0.contains("pkce") && $0.contains("corp") })
            #expect(lines.contains { $0.contains("nonce") })
        }
        try await TestServer.run { server in
            #expect(!server.log.all.contains { $0.contains("permits what may not be intended") })
        }
    }
}
