import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("Field trials: who the user is, and what the API needs beside the token")
struct IdentityTrialTests {
    let service = ScriptedService()

    // MARK: - P-10

    @Test("P-10: fields of the token answer, the user's data and the callback are picked by name")
    func extras() async throws {
        let client = try service.client {
            $0.extras = ["instance_url", "realmId", "cloud.id", "workspace_id", "absent", "sites.0.host"]
        }
        service.answer(
            [
                "access_token": "at", "instance_url": "https://eu.example.com", "workspace_id": 9_007_199_254_740_993,
                "refresh_token": "rt", "unasked": "x",
            ],
            user: ["id": 17, "cloud": ["id": "C-1"], "instance_url": "https://evil.example", "sites": [["host": "h"]]]
        )
        let callback = try FormParameters(query: "realmId=R-1&workspace_id=forged&other=1")
        let login = try await client.login(
            code: "code-1",
            verifier: CodeVerifier(random: CountingRandom()),
            nonce: nil,
            callbackFields: client.fields(ofCallback: callback)
        )
        // The token answer wins over the user's data, and both win over what the browser brings.
        let expected: JSONObject = [
            "realmId": "R-1", "workspace_id": .integer(9_007_199_254_740_993),
            "instance_url": "https://eu.example.com", "cloud.id": "C-1", "sites.0.host": "h",
        ]
        #expect(login.fields == expected)
        service.answer(["access_token": "at-2", "instance_url": "https://us.example.com"])
        let fields = try await client.refresh(refreshToken: "rt").fields
        #expect(fields == ["instance_url": "https://us.example.com"])
    }

    @Test("P-10: without the key nothing is kept, and a field never brings a token along")
    func extrasWithoutTokens() async throws {
        let answer: JSONObject = [
            "access_token": "at", "bot": ["name": "b", "bot_access_token": "secret", "list": [["api_secret": "s"]]],
            "long": .string(String(repeating: "x", count: 5000)),
        ]
        service.answer(answer)
        #expect(try await service.client().login(nonce: nil).fields.isEmpty)
        let client = try service.client { $0.extras = ["bot", "long"] }
        #expect(try await client.login(nonce: nil).fields == ["bot": ["name": "b", "list": [[:]]]])
    }

    @Test(
        "P-10: a callback's parameter that is repeated, unreadable or not asked for is no field",
        arguments: ["realmId=a&realmId=b", "realmId=%0d%0aX", "realmid=a", "code=c&state=s", "realmId="]
    )
    func callbackFields(query: String) throws {
        let client = try service.client { $0.extras = ["realmId"] }
        #expect(client.fields(ofCallback: try FormParameters(query: query)).isEmpty)
    }

    @Test("P-10: with OpenID Connect, userinfo is asked for a field that the token answer lacks")
    func extrasOfOpenID() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode()
        provider.transport.on(
            ScriptedProvider.userInfoURL,
            ScriptedTransport.json(["sub": .string(ScriptedProvider.subject), "zone": "eu"])
        )
        let client = try provider.client { $0.behaviour.extras = ["zone"] }
        #expect(try await client.login().fields == ["zone": "eu"])
        #expect(try await provider.client().login().fields.isEmpty)
        #expect(provider.transport.requests(to: ScriptedProvider.userInfoURL).count == 1)
    }

    // MARK: - P-19

    private func client(_ adjust: (inout UserInfoOverrides) -> Void) throws -> UpstreamProvider {
        var parts = UserInfoOverrides()
        parts.endpoint = ScriptedService.userInfoURL
        parts.subject = ["id"]
        adjust(&parts)
        let endpoints = UpstreamEndpointOverrides(
            authorization: ScriptedService.authorizationURL,
            token: ScriptedService.tokenURL
        )
        var all = endpoints
        all.userInfoParts = parts
        return try service.client(ScriptedService.configuration(endpoints: all))
    }

    private func lastRequest(_ url: String = ScriptedService.userInfoURL) throws -> OutboundRequest {
        try #require(service.transport.requests(to: url).last)
    }

    @Test("P-19: userinfo by POST, with and without a body")
    func post() async throws {
        service.answer(["access_token": "at"])
        _ = try await client { $0.method = .post }.login(nonce: nil)
        var request = try lastRequest()
        #expect(request.method == "POST" && request.body.isEmpty && request.field("Content-Type") == nil)
        #expect(request.field("Authorization") == "Bearer at" && request.field("Accept") == "application/json")
        _ = try await client {
            $0.method = .post
            $0.body = "null"
        }.login(nonce: nil)
        request = try lastRequest()
        #expect(request.body == Array("null".utf8) && request.field("Content-Type") == "application/json")
    }

    @Test("P-19: a GraphQL query, with paths into its answer")
    func graphQL() async throws {
        service.answer(
            ["access_token": "at"],
            user: ["data": ["viewer": ["id": "V-1", "name": "Ada", "email": "ada@corp.example"]]]
        )
        let query = #"{"query": "{ viewer { id name email } }"}"#
        let login = try await client {
            $0.method = .post
            $0.body = query
            $0.subject = ["data.viewer.id"]
            $0.name = ["data.viewer.name"]
            $0.accountName = ["data.viewer.email"]
        }.login(nonce: nil)
        #expect(login.subject == "V-1" && login.name == "Ada" && login.accountName == "ada@corp.example")
        #expect(try lastRequest().body == Array(query.utf8))
    }

    @Test("P-19: header fields of its own, which may carry the token in place of Authorization")
    func headers() async throws {
        service.answer(["access_token": "at"])
        _ = try await client {
            $0.fields = [
                UpstreamParameter(name: "Notion-Version", value: "2026-03-11"),
                UpstreamParameter(name: "authorization", value: "token {access_token}"),
                UpstreamParameter(name: "X-Api-Token", value: "{access_token}"),
            ]
        }.login(nonce: nil)
        let request = try lastRequest()
        #expect(request.field("Notion-Version") == "2026-03-11" && request.field("X-Api-Token") == "at")
        #expect(request.headerFields.filter { $0.name.lowercased() == "authorization" }.map(\.value) == ["token at"])
    }

    @Test(
        "P-19: paths into arrays",
        arguments: [
            ("[{\"id\": 7}]", "0.id", "7"), ("{\"users\": [{\"id\": 8}]}", "users.0.id", "8"),
            ("{\"users\": [{\"id\": 9}]}", "users[0].id", "9"), ("{\"a\": [[{\"b\": 1}]]}", "a[0][0].b", "1"),
            ("[{\"id\": 7}]", "1.id", nil), ("{\"users\": []}", "users[0].id", nil), ("{\"id\": [1]}", "id[x]", nil),
            ("{\"users\": [{\"id\": 9}]}", "users[0]id", nil), ("7", "id", nil), ("{\"id\": [1]}", "id.", nil),
        ] as [(String, String, String?)]
    )
    func arrays(body: String, path: String, subject: String?) async throws {
        service.answer(["access_token": "at"])
        service.transport.replace(ScriptedService.userInfoURL, ScriptedTransport.text(body))
        let client = try client { $0.subject = [path] }
        if let subject {
            #expect(try await client.login(nonce: nil).subject == subject)
        } else {
            #expect(try await error { try await client.login(nonce: nil) }.code == .userInfoFailed)
        }
    }

    @Test("P-19: the token in the path, encoded, and a warning about it")
    func tokenInPath() async throws {
        service.answer(["access_token": "a/t+?"])
        let url = ScriptedService.site + "/tokens/a%2Ft%2B%3F"
        service.transport.on(url, ScriptedTransport.json(["id": 5]))
        let client = try client { $0.endpoint = ScriptedService.site + "/tokens/{access_token}" }
        #expect(try await client.login(nonce: nil).subject == "5")
        #expect(client.configuration.warnings.map(\.key) == ["userinfo.endpoint"])
    }

    @Test("P-19: identity from the token answer, where the key allows it")
    func identityFromToken() async throws {
        let paths = IdentityPaths(
            tenant: ["workspace_id"],
            subject: ["owner.user.id"],
            accountName: ["workspace_name"],
            name: ["owner.user.name"],
            email: []
        )
        let endpoints = UpstreamEndpointOverrides(
            authorization: ScriptedService.authorizationURL,
            token: ScriptedService.tokenURL
        )
        let client = try service.client(
            ScriptedService.configuration(endpoints: endpoints) { $0.identityFromToken = paths }
        )
        service.transport.on(
            ScriptedService.tokenURL,
            ScriptedTransport.json([
                "access_token": "at", "workspace_id": "W-1", "workspace_name": "Corp",
                "owner": ["type": "user", "user": ["id": "U-1", "name": "Ada"]],
            ])
        )
        let login = try await client.login(nonce: nil)
        #expect(login.subject == "W-1/U-1" && login.accountName == "Corp" && login.name == "Ada")
        #expect(client.identifiesUsers && service.transport.requests.count == 1)
    }

    @Test("P-19: a provider without user data is not asked for it, and identifies no user")
    func withoutIdentity() async throws {
        let endpoints = UpstreamEndpointOverrides(
            authorization: ScriptedService.authorizationURL,
            token: ScriptedService.tokenURL
        )
        let client = try service.client(
            ScriptedService.configuration(endpoints: endpoints) { $0.identity = .absent }
        )
        service.answer(["access_token": "at"])
        let login = try await client.login(nonce: nil)
        #expect(login.identifiedSubject == nil && login.name == nil && !client.identifiesUsers)
        #expect(service.transport.requests.count == 1)
        // Without the key, such endpoints are not enough.
        #expect(throws: UpstreamError.self) { try ScriptedService.configuration(endpoints: endpoints) }
    }

    // MARK: - P-20

    private func mapping(_ configuration: UpstreamConfiguration) throws -> UserInfoMapping {
        guard case .oauth2(let endpoints) = configuration.kind, case .userInfo(let mapping) = endpoints.identity else {
            throw ScriptedService.MissingRequest()
        }
        return mapping
    }

    @Test("P-20: a GitHub Enterprise Server's userinfo endpoint keeps the preset's mapping and its address list")
    func enterpriseServer() async throws {
        let site = "https://git.corp.example"
        var endpoints = UpstreamEndpointOverrides(
            authorization: site + "/login/oauth/authorize",
            token: site + "/login/oauth/access_token"
        )
        endpoints.userInfoParts = UserInfoOverrides()
        endpoints.userInfoParts?.endpoint = site + "/api/v3/user"
        let configuration = try ScriptedService.configuration(preset: .github, scopes: nil, endpoints: endpoints)
        let known = try mapping(ScriptedService.configuration(preset: .github))
        #expect(try mapping(configuration).paths == known.paths)
        service.transport.on(
            site + "/login/oauth/access_token",
            ScriptedTransport.json(["access_token": "gho", "scope": "read:user,user:email"])
        )
        service.transport.on(site + "/api/v3/user", ScriptedTransport.json(["id": 9, "login": "ada", "name": "Ada"]))
        service.transport.on(
            site + "/api/v3/user/emails",
            ScriptedTransport.text("[{\"email\": \"ada@corp.example\", \"primary\": true, \"verified\": true}]")
        )
        let login = try await service.client(configuration).login(nonce: nil)
        #expect(login.subject == "9" && login.accountName == "ada" && login.verifiedEmail == "ada@corp.example")
        #expect(service.transport.requests.allSatisfy { $0.url.hasPrefix(site) })
        #expect(try lastRequest(site + "/api/v3/user").field("X-GitHub-Api-Version") == "2022-11-28")
    }

    @Test("P-20: changing a part of a mapping keeps the other parts")
    func onePart() throws {
        var endpoints = UpstreamEndpointOverrides()
        endpoints.userInfoParts = UserInfoOverrides()
        endpoints.userInfoParts?.name = ["display_name"]
        let changed = try mapping(ScriptedService.configuration(preset: .atlassian, endpoints: endpoints))
        let known = try mapping(ScriptedService.configuration(preset: .atlassian))
        #expect(changed.endpoint == known.endpoint && changed.paths.name == ["display_name"])
        #expect(changed.paths.subject == known.paths.subject && changed.paths.email == known.paths.email)
        #expect(changed.paths.accountName == known.paths.accountName)
    }

    // MARK: - P-21

    @Test("P-21: type: oidc asks for openid, profile and email")
    func defaultScopes() async throws {
        let provider = try ScriptedProvider()
        let parameters = try await provider.client().authorizationParameters()
        #expect(parameters.values("scope") == ["openid profile email"])
    }

    // MARK: - P-3

    private static let host = "https://login.microsoftonline.com/"
    private static let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
    private static let other = "9188040d-6c67-4c5b-b112-36a304b66dad"

    /// A login at Entra, configured for a tenant, whose document and token name others.
    private func entra(
        _ configured: String,
        document: String,
        token: String,
        scopes: [String] = ["openid", "profile"],
        _ adjust: (inout JSONObject) -> Void = { _ in }
    ) async throws -> UpstreamLogin {
        let issuer = Self.host + configured + "/v2.0"
        let provider = try ScriptedProvider(algorithm: .rs256)
        var json = ScriptedProvider.document
        json["issuer"] = .string(Self.host + document + "/v2.0")
        provider.transport.on(issuer + "/.well-known/openid-configuration", ScriptedTransport.json(json))
        try provider.answerCode { claims in
            claims["iss"] = .string(Self.host + token + "/v2.0")
            claims["tid"] = .string(token)
            claims["oid"] = "690222be-ff1a-4d56-abd1-7e4f7d38e474"
            claims["sub"] = "pairwise"
            adjust(&claims)
        }
        let configuration = try UpstreamConfiguration(
            name: "corp",
            preset: .entra,
            issuer: issuer,
            clientID: ScriptedProvider.clientID,
            clientSecret: UpstreamClientSecret("s"),
            scopes: scopes,
            callbackURL: "https://auth.example.com/oauth/callback/corp"
        )
        let client = try UpstreamProvider(
            configuration: configuration,
            transport: provider.transport,
            timeSource: provider.time,
            random: CountingRandom(),
            logger: service.logger
        )
        return try await client.login()
    }

    @Test(
        "P-3: consumers and a tenant's domain are what their document says",
        arguments: ["consumers", "corp.example"]
    )
    func resolvedTenant(name: String) async throws {
        let login = try await entra(name, document: Self.tenant, token: Self.tenant)
        #expect(login.subject == Self.tenant + "/690222be-ff1a-4d56-abd1-7e4f7d38e474")
        // From then on a token of another tenant is another issuer's, whatever it claims.
        let foreign = try await error { try await entra(name, document: Self.tenant, token: Self.other) }
        #expect(foreign.code == .invalidIDToken)
        let forged = try await error {
            try await entra(name, document: Self.tenant, token: Self.tenant) { $0["tid"] = .string(Self.other) }
        }
        #expect(forged.code == .invalidIDToken)
    }

    @Test(
        "P-3: a document that names no tenant, or another host, resolves nothing",
        arguments: ["{tenantid}", "common", "x/../y", ""]
    )
    func unresolvedTenant(document: String) async throws {
        let failure = try await error { try await entra("corp.example", document: document, token: Self.tenant) }
        #expect(failure.code == .misconfigured)
        // A tenant that is configured by its UUID accepts no other.
        let wrong = try await error { try await entra(Self.tenant, document: Self.other, token: Self.other) }
        #expect(wrong.code == .misconfigured)
    }

    @Test("P-3: a tenant's UUID is the same in upper case, in the configuration, the issuer and the claim")
    func upperCase() async throws {
        let upper = Self.tenant.uppercased()
        let subject = Self.tenant + "/690222be-ff1a-4d56-abd1-7e4f7d38e474"
        for (configured, document) in [
            ("common", "{tenantid}"), (upper, Self.tenant), (Self.tenant, upper), ("corp.example", upper),
        ] {
            for token in [Self.tenant, upper] {
                let login = try await entra(configured, document: document, token: token)
                #expect(login.subject == subject, "\(configured) \(document) \(token)")
            }
            let mixed = try await entra(configured, document: document, token: Self.tenant) {
                $0["tid"] = .string(upper)
            }
            #expect(mixed.subject == subject)
        }
    }

    @Test("P-3: without the scope profile there is no oid, and sub identifies, which the start reports")
    func withoutProfile() async throws {
        let login = try await entra("common", document: "{tenantid}", token: Self.tenant, scopes: ["openid"]) {
            $0["oid"] = nil
        }
        #expect(login.subject == Self.tenant + "/pairwise")
        // With the scope, a token without oid is a mistake: the same user would become another one.
        let strict = try await error {
            try await entra("common", document: "{tenantid}", token: Self.tenant) { $0["oid"] = nil }
        }
        #expect(strict.code == .invalidIDToken)
        func warnings(_ scopes: [String]?) throws -> [String] {
            try ScriptedService.configuration(preset: .entra, issuer: Self.host + "common/v2.0", scopes: scopes)
                .warnings.map(\.key)
        }
        #expect(try warnings(["openid"]) == ["scopes"])
        #expect(try warnings(nil).isEmpty)
    }
}
