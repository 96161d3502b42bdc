import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import Testing
import UpstreamIdentity

@Suite("Field trials: providers that are like public ones, with all their deviations at once")
struct KnownProviderTests {
    private static let lifetime = Duration.seconds(86_400)

    private static func run(
        _ known: TestServer.KnownProvider,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        var options = TestServer.Options()
        options.start = 1_795_420_800
        options.accessTokenLifetime = lifetime
        options.upstreamLike = known
        try await TestServer.run(options, body)
    }

    /// The accounts of Ada, as each provider names them.
    private static let accounts: [TestServer.KnownProvider: String] = [
        .keycloak: "ada", .entra: TestServer.KnownProvider.tenant + "/oid-of-ada",
        .githubApp: "9007199254740993", .slack: "T9TK3CUKW/ada", .notion: "ada", .apple: "ada",
    ]

    @Test(
        "P-1 to P-19: login, retrieval, refresh, and retrieval again at a provider like a public one",
        arguments: TestServer.KnownProvider.allCases
    )
    func wholeWay(known: TestServer.KnownProvider) async throws {
        try await Self.run(known) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let token = try #require(try await client.tokens(at: server)["access_token"])
            let first = try await client.exchange(token)
            #expect(first.status == 200 && first.json["refreshed"] == false, "\(first.body)")
            #expect(first.json.value(at: "account.sub")?.stringValue == Self.accounts[known])
            #expect((first.json["expires_in"] == nil) == (known == .notion))

            server.advance(by: .seconds(13 * 3600))
            if known == .notion {
                // Its tokens have no known end, so that only its API's refusal is a reason to refresh.
                #expect(try await client.exchange(token).json["refreshed"] == false)
                try await Self.reportInvalid(token, client)
            }
            let second = try await client.exchange(token)
            #expect(second.status == 200 && second.json["refreshed"] == true, "\(second.body)")
            #expect(second["access_token"] != first["access_token"])
            let reports = await server.provider.grantReports()
            #expect(reports.map(\.refreshCount) == [1] && reports.allSatisfy { $0.revocation == nil })
        }
    }

    private static func reportInvalid(_ token: String, _ client: OAuthTestClient) async throws {
        let credentials = TestServer.resourceServer
        let answer = try await client.post(
            "/oauth/report-invalid",
            [
                ("subject_token", token), ("audience", TestServer.upstream),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ],
            authorization: OAuthTestClient.basic(credentials.id, credentials.secret)
        )
        #expect(answer.status == 200, "\(answer.body)")
    }

    @Test("P-2: Entra's refresh token slides, refresh after refresh")
    func slidingRefreshToken() async throws {
        try await Self.run(.entra) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let token = try #require(try await client.tokens(at: server)["access_token"])
            for _ in 0..<3 {
                server.advance(by: .seconds(2 * 3600))
                #expect(try await client.exchange(token).json["refreshed"] == true)
            }
            let sent = server.provider.capturedRequests(on: .token).compactMap { $0.parameter("refresh_token") }
            #expect(sent.count == 3 && Set(sent).count == 3)
        }
    }

    @Test("P-19: Notion's workspace comes with the token, and stays over a refresh that does not repeat it")
    func workspace() async throws {
        try await Self.run(.notion) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let token = try #require(try await client.tokens(at: server)["access_token"])
            #expect(try await client.exchange(token).json["upstream_fields"] == ["workspace_id": "W-17"])
            try await Self.reportInvalid(token, client)
            let refreshed = try await client.exchange(token)
            #expect(refreshed.json["refreshed"] == true)
            #expect(refreshed.json["upstream_fields"] == ["workspace_id": "W-17"])
        }
    }

    @Test("P-17: Apple knows our client by the secret that our key signs; another key is refused")
    func signedSecret() async throws {
        try await Self.run(.apple) { server in
            let client = try await OAuthTestClient.registered(at: server)
            #expect(try await client.tokens(at: server)["access_token"] != nil)
            let request = try #require(server.provider.capturedRequests(on: .token).last)
            #expect(request.parameter("client_secret")?.split(separator: ".").count == 3)
            #expect(request.parameter("client_assertion") == nil)
            let other = try TestClientKey("gatehouse", keyID: "KEY1234567")
            await server.provider.setClient(
                DevelopmentClient(
                    id: "gatehouse",
                    authentication: .signedSecret(try other.published, issuer: "TEAM123456")
                )
            )
            await #expect(throws: AuthorizationRefused.self) { try await client.tokens(at: server) }
        }
    }
}

extension TestClientKey {
    /// The public key as a set.
    fileprivate var published: JSONWebKeySet {
        get throws { try JSONWebKeySet(parsing: keySet.serialized()) }
    }
}
