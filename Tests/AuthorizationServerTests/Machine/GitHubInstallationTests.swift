import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("type: github_installation: the token of a GitHub App's installation")
struct GitHubInstallationTests {
    private static func json(_ request: OutboundRequest) throws -> JSONObject {
        try JSONParser.parseObject(request.body)
    }

    @Test("an assertion of the App brings it; it is kept until a minute before its end")
    func wholeWay() async throws {
        var upstream = try MachineScene.installation()
        upstream.machine.repositories = ["Hello-World"]
        upstream.machine.permissions = [
            UpstreamParameter(name: "contents", value: "read"), UpstreamParameter(name: "issues", value: "write"),
        ]
        try await MachineScene.run(upstream) { scene in
            let token = try await scene.accessToken()
            let answer = try await scene.retrieve(token)
            #expect(answer.status == 200 && answer["access_token"] == "ghs_installation-token-1")
            #expect(answer["token_type"] == "Bearer" && answer.json["expires_in"] == 3600 && answer["scope"] == "")
            #expect(answer.json["account"]?.objectValue?["sub"] == .string(OperatorServers.installation))
            let request = try #require(scene.servers.requests.first)
            #expect(request.url == "https://api.github.com/app/installations/4711/access_tokens")
            #expect(request.method == "POST")
            let body = try Self.json(request)
            #expect(body["repositories"] == ["Hello-World"])
            #expect(body["permissions"] == ["contents": "read", "issues": "write"])
            func field(_ name: String) -> String? { request.headerFields.first { $0.name == name }?.value }
            #expect(field("Accept") == "application/vnd.github+json" && field("X-GitHub-Api-Version") == "2022-11-28")
            let bearer = try #require(field("Authorization"))
            let jws = try CompactJWS(parsing: String(bearer.dropFirst("Bearer ".count)))
            let claims = try JSONParser.parseObject(jws.payload)
            let now = Int(scene.server.clock.now().secondsSinceEpoch)
            #expect(jws.header.algorithm == .rs256 && claims["iss"] == "Iv23liAppClient")
            #expect(claims["iat"] == .integer(now - 60) && claims["exp"] == .integer(now + 540))
            let parts = bearer.dropFirst("Bearer ".count).split(separator: ".")
            try #require(parts.count == 3)
            let signature = try #require(Base64URL.decode(String(parts[2])))
            let signed = Array("\(parts[0]).\(parts[1])".utf8)
            let key = try MachineScene.appKey.publicKey
            #expect(key.isValidSignature(signature, for: signed, using: .rs256))
            scene.server.clock.advance(by: .seconds(3539))
            #expect(try await scene.retrieve(token)["access_token"] == "ghs_installation-token-1")
            scene.server.clock.advance(by: .seconds(2))
            #expect(try await scene.retrieve(token)["access_token"] == "ghs_installation-token-2")
        }
    }

    @Test("without repositories and permissions it has what the installation has; another site has another API")
    func enterpriseServer() async throws {
        for base in ["https://hub.corp.example/api/v3", "https://hub.corp.example/api/v3/"] {
            var upstream = try MachineScene.installation()
            upstream.machine.api = base
            try await MachineScene.run(upstream) { scene in
                let token = try await scene.accessToken()
                #expect(try await scene.retrieve(token).status == 200)
                let request = try #require(scene.servers.requests.first)
                let url = "https://hub.corp.example/api/v3/app/installations/4711/access_tokens"
                let body = try Self.json(request)
                #expect(request.url == url && body.members.isEmpty)
            }
        }
    }

    /// What GitHub answers, the error for the resource server, and the reason on record.
    private static let failures: [(OperatorServers.Reply, String, String)] = [
        (
            .answer(status: 403, ["message": "This installation has been suspended", "status": "403"]),
            "server_error", "installation_suspended"
        ),
        (.answer(status: 404, ["message": "Not Found", "status": "404"]), "server_error", "installation_removed"),
        (
            .answer(status: 401, ["message": "A JSON web token could not be decoded", "status": "401"]),
            "server_error", "client_refused"
        ),
        (
            .answer(
                status: 422,
                ["message": "The permissions requested are not granted to this installation.", "status": "422"]
            ),
            "server_error", "request_refused"
        ),
        (
            .answer(
                status: 403,
                ["message": "API rate limit exceeded for installation ID 4711."],
                headerFields: [("X-RateLimit-Remaining", "0")]
            ),
            "temporarily_unavailable", "provider_unavailable"
        ),
        (
            .answer(
                status: 403,
                ["message": "You have exceeded a secondary rate limit."],
                headerFields: [("Retry-After", "60")]
            ),
            "temporarily_unavailable", "provider_unavailable"
        ),
        (.answer(status: 502, [:]), "temporarily_unavailable", "provider_unavailable"),
        (.lost, "temporarily_unavailable", "provider_unreachable"),
        (.token(["token": nil]), "temporarily_unavailable", "answer_invalid"),
        // Only 201 says that a token was made.
        (.answer(status: 200, ["token": "ghs_x"]), "temporarily_unavailable", "answer_invalid"),
    ]

    @Test(
        "what GitHub answers in place of a token has its reason, and no user can mend it",
        arguments: failures.indices
    )
    func failure(index: Int) async throws {
        let (reply, error, reason) = Self.failures[index]
        try await MachineScene.run(MachineScene.installation()) { scene in
            let token = try await scene.accessToken()
            scene.servers.answer(reply)
            let refused = try await scene.retrieve(token)
            #expect(refused.error == error && refused["connect_uri"] == nil, "\(refused.status) \(refused.body)")
            if error == "server_error" { #expect(refused["reason"] == reason) }
            let events = try scene.server.auditEvents("upstream.refresh_failed")
            #expect(events.count == 1 && events.first?["reason"] == .string(reason))
        }
    }

    @Test("a suspended installation is an end: a token that is still kept and due is not returned")
    func suspended() async throws {
        try await MachineScene.run(MachineScene.installation()) { scene in
            let token = try await scene.accessToken()
            #expect(try await scene.retrieve(token).status == 200)
            scene.servers.answer(.answer(status: 403, ["message": "This installation has been suspended"]))
            scene.server.clock.advance(by: .seconds(3570))
            for _ in 0..<2 {
                let refused = try await scene.retrieve(token)
                #expect(refused.error == "server_error" && refused["reason"] == "installation_suspended")
            }
            #expect(scene.servers.requests.count == 2)
            scene.servers.answer(.token())
            scene.server.clock.advance(by: .seconds(31))
            #expect(try await scene.retrieve(token).status == 200)
        }
    }

    @Test("an agent gets none, although its user does")
    func agent() async throws {
        try await MachineScene.run(
            MachineScene.installation(),
            configure: {
                $0.agents.isEnabled = true
                $0.scopes = $0.scopes.union(ScopeSet([ScopeSet.agents]))
            }
        ) { scene in
            var client = scene.client
            client.scope = "mcp:read agents"
            let token = try await client.tokens(at: scene.server).accessToken
            #expect(try await scene.retrieve(token).status == 200)
            let body: JSONObject = ["name": "nightly", "upstreams": ["corp"]]
            let made = try await client.send(
                "POST",
                "/agents",
                headerFields: [("authorization", "Bearer \(token)"), ("content-type", "application/json")],
                body: body.serialized()
            )
            let agent = try #require(made["agent_token"], "\(made.status) \(made.body)")
            let form = [("grant_type", "urn:gatehouse:grant-type:agent-token"), ("agent_token", agent)]
            let own = try await scene.server.visitor.token(form)
            let refused = try await scene.retrieve(try own.accessToken)
            #expect(refused.error == "access_denied" && refused["reason"] == "agent")
        }
    }

    @Test("a key that is no RSA key, and an App without a key, stop the start")
    func unusableKeys() throws {
        let issuer = try Issuer("https://auth.example.com")
        var upstream = try MachineScene.installation()
        #expect(throws: Never.self) { try upstream.providerConfiguration(issuer: issuer).check() }
        upstream.privateKey = .value(SecretValue(try PrivateKey.generate(.es256).pem))
        #expect(throws: UpstreamError.self) { try upstream.providerConfiguration(issuer: issuer).check() }
        upstream.privateKey = nil
        #expect(throws: UpstreamError.self) { try upstream.providerConfiguration(issuer: issuer).check() }
        upstream.tokenEndpointAuthMethod = nil
        #expect(throws: UpstreamError.self) { try upstream.providerConfiguration(issuer: issuer).check() }
    }
}
