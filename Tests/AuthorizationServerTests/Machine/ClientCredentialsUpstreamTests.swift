import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import Testing
import UpstreamIdentity

@Suite("type: client_credentials: the operator's own token (RFC 6749 §4.4)")
struct ClientCredentialsUpstreamTests {
    @Test("is asked for once, serves every user without a login, and is kept until it is due")
    func wholeWay() async throws {
        try await MachineScene.run { scene in
            let (ada, grace) = (try await scene.accessToken(), try await scene.accessToken(as: "grace"))
            let answer = try await scene.retrieve(ada)
            #expect(answer.status == 200 && answer["access_token"] == "partner-token-1")
            #expect(answer["upstream"] == "robot")
            #expect(Set(answer["scope"]?.split(separator: " ") ?? []) == ["orders:read", "orders:list"])
            #expect(answer.json["expires_in"] == 3600 && answer.json["refreshed"] == true)
            #expect(answer.json["account"]?.objectValue?["sub"] == .string(MachineScene.clientID))
            let request = try #require(scene.servers.requests.first)
            let form = try FormParameters(parsing: request.body)
            #expect(request.url == OperatorServers.tokenURL && request.method == "POST")
            #expect(form.values("grant_type") == ["client_credentials"])
            #expect(Set(form.values("scope").first?.split(separator: " ") ?? []) == ["orders:read", "orders:list"])
            #expect(form.values("resource") == ["https://api.partner.example/v1"])
            #expect(form.values("audience") == ["partner-api"] && form.values("client_secret").isEmpty)
            let basic = "Basic " + Base64.encode(Array("\(MachineScene.clientID):\(MachineScene.clientSecret)".utf8))
            #expect(request.headerFields.first { $0.name == "Authorization" }?.value == basic)
            // Another user, and a request by the resource's URL, get the same one.
            let other = try await scene.retrieve(grace)
            let byURL = try await scene.retrieve(ada, ["audience": nil, "resource": "https://api.partner.example/v1"])
            #expect(other["access_token"] == "partner-token-1" && byURL["access_token"] == "partner-token-1")
            #expect(other.json["refreshed"] == false && scene.servers.requests.count == 1)
            scene.server.clock.advance(by: .seconds(3541))
            let next = try await scene.retrieve(ada)
            #expect(next["access_token"] == "partner-token-2" && scene.servers.requests.count == 2)
        }
    }

    @Test("simultaneous retrievals cause one request")
    func together() async throws {
        try await MachineScene.run { scene in
            let token = try await scene.accessToken()
            let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<8 { group.addTask { try await scene.retrieve(token)["access_token"] } }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(tokens == ["partner-token-1"] && scene.servers.requests.count == 1)
        }
    }

    @Test("a resource that does not list it gets none")
    func unlisted() async throws {
        for listed in [["corp"], []] {
            try await MachineScene.run(configure: { $0.resources[0].upstreams = listed }) { scene in
                let token = try await scene.accessToken()
                let refused = try await scene.retrieve(token)
                #expect(refused.error == "invalid_target" && refused["access_token"] == nil)
                let report = try await scene.report(token)
                #expect(report.error == "invalid_target" && scene.servers.requests.isEmpty)
            }
        }
    }

    @Test("allow is about the user: another one, and one of whom nothing is known, get none, also not a kept one")
    func allow() async throws {
        var upstream = MachineScene.partner
        upstream.access = MachineScene.staff
        try await MachineScene.run(upstream) { scene in
            let ada = try await scene.accessToken()
            #expect(try await scene.retrieve(ada).status == 200)
            for user in ["grace", "alan"] {
                let token = try await scene.accessToken(as: user)
                let refused = try await scene.retrieve(token)
                #expect(refused.error == "access_denied" && refused["reason"] == "not_allowed")
                #expect(refused["connect_uri"] == nil && refused["access_token"] == nil)
                #expect(try await scene.report(token).error == "access_denied")
            }
            let events = try scene.server.auditEvents("upstream_token.exchanged")
            #expect(events.map { $0["result"] } == ["success", "access_denied", "access_denied"])
            #expect(events.last?["reason"] == "not_allowed")
            #expect(scene.servers.requests.count == 1)
        }
    }

    @Test("required_scopes are those of the presented access token, not of the session")
    func requiredScopes() async throws {
        var upstream = MachineScene.partner
        upstream.machine.requiredScopes = ["mcp:write"]
        try await MachineScene.run(upstream) { scene in
            var client = scene.client
            for (scope, isAccepted) in [("mcp:read", false), ("mcp:read mcp:write", true)] {
                client.scope = scope
                let token = try await client.tokens(at: scene.server).accessToken
                let answer = try await scene.retrieve(token)
                #expect((answer.status == 200) == isAccepted, "\(scope): \(answer.body)")
                if !isAccepted { #expect(answer.error == "access_denied" && answer["reason"] == "scope_required") }
            }
            #expect(scene.servers.requests.count == 1)
        }
    }

    @Test("scopes and accounts that it does not have are refused, and no page offers to connect it")
    func foreignWishes() async throws {
        try await MachineScene.run { scene in
            let token = try await scene.accessToken()
            let wider = try await scene.retrieve(token, ["scope": "orders:write"])
            #expect(wider.error == "invalid_scope" && wider["connect_uri"] == nil)
            #expect(try await scene.retrieve(token, ["scope": "orders:read"]).status == 200)
            #expect(try await scene.retrieve(token, ["account": "somebody"]).error == "invalid_request")
            #expect(try await scene.retrieve(token, ["account": MachineScene.clientID]).status == 200)
            let vault = scene.server.server.stores.vault
            let all = await vault.connections(after: nil, limit: 100)
            #expect(all.map(\.upstream) == ["corp"])
            let user = try #require(all.first?.userID)
            let path = scene.server.managementURL + "/admin/users/\(user.text)/connections"
            let fields = [("authorization", "Bearer " + scene.server.adminToken)]
            let listing = try await scene.client.send("GET", path, headerFields: fields)
            #expect(listing.status == 200 && !listing.body.contains("robot"))
            #expect(try await scene.client.send("PUT", path + "/robot", headerFields: fields).status == 404)
            #expect(!scene.server.auditLog.all.contains { $0.contains("partner-token") })
        }
    }

    /// An answer in place of a token, the error for the resource server, and the reason on record.
    private static let failures: [(OperatorServers.Reply, String, String)] = [
        (.answer(status: 401, ["error": "invalid_client"]), "server_error", "client_refused"),
        (.answer(status: 400, ["error": "unauthorized_client"]), "server_error", "client_refused"),
        (.answer(status: 400, ["error": "invalid_scope"]), "server_error", "request_refused"),
        (.answer(status: 400, ["error": "invalid_grant"]), "server_error", "grant_refused"),
        (.answer(status: 503, [:]), "temporarily_unavailable", "provider_unavailable"),
        (
            .answer(status: 429, [:], headerFields: [("Retry-After", "7")]), "temporarily_unavailable",
            "provider_unavailable"
        ),
        (.lost, "temporarily_unavailable", "provider_unreachable"),
        (.token(["access_token": nil]), "temporarily_unavailable", "answer_invalid"),
        (.token(["token_type": "DPoP"]), "temporarily_unavailable", "answer_invalid"),
        (.token(["access_token": "two\r\nlines"]), "temporarily_unavailable", "answer_invalid"),
    ]

    @Test(
        "a refusal is the operator's to mend, never the user's: there is nothing to connect",
        arguments: failures.indices
    )
    func failure(index: Int) async throws {
        let (reply, error, reason) = Self.failures[index]
        try await MachineScene.run { scene in
            let token = try await scene.accessToken()
            scene.servers.answer(reply)
            let refused = try await scene.retrieve(token)
            #expect(refused.error == error && refused["connect_uri"] == nil, "\(refused.status) \(refused.body)")
            if error == "server_error" { #expect(refused["reason"] == reason) }
            let events = try scene.server.auditEvents("upstream.refresh_failed")
            #expect(events.count == 1 && events.first?["reason"] == .string(reason))
            #expect(events.first?["upstream"] == "robot")
            #expect(!scene.server.log.all.contains { $0.contains(MachineScene.clientSecret) })
        }
    }

    @Test("a refusal is repeated for half a minute without another request, and then asked about again")
    func refusalIsRemembered() async throws {
        try await MachineScene.run { scene in
            let token = try await scene.accessToken()
            scene.servers.answer(.answer(status: 401, ["error": "invalid_client"]))
            for _ in 0..<3 { #expect(try await scene.retrieve(token).error == "server_error") }
            #expect(scene.servers.requests.count == 1)
            scene.servers.answer(.token())
            scene.server.clock.advance(by: .seconds(30))
            #expect(try await scene.retrieve(token)["access_token"] == "partner-token-2")
        }
    }

    @Test("neither an outage nor a refusal of our client invalidates a token that has not ended")
    func outage() async throws {
        for reply in [OperatorServers.Reply.lost, .answer(status: 401, ["error": "invalid_client"])] {
            try await MachineScene.run { scene in
                let token = try await scene.accessToken()
                #expect(try await scene.retrieve(token).status == 200)
                scene.servers.answer(reply)
                scene.server.clock.advance(by: .seconds(3570))
                let held = try await scene.retrieve(token)
                #expect(held["access_token"] == "partner-token-1" && held.json["refreshed"] == false)
                scene.server.clock.advance(by: .seconds(31))
                let over = try await scene.retrieve(token)
                #expect(over.status >= 500 && over["access_token"] == nil)
            }
        }
    }

    @Test(
        "VR-12: a token that the API refuses is replaced, at most once a minute; a report about another changes nothing"
    )
    func report() async throws {
        try await MachineScene.run { scene in
            let token = try await scene.accessToken()
            _ = try await scene.retrieve(token)
            let hash = Base64URL.encode(SHA256.hash("partner-token-1").bytes)
            let early = try await scene.report(token, [("token_sha256", hash)])
            #expect(early.status == 429 && early.header("retry-after") == "60")
            #expect(try await scene.retrieve(token)["access_token"] == "partner-token-1")
            scene.server.clock.advance(by: .seconds(60))
            #expect(try await scene.report(token, [("token_sha256", "another")])["status"] == "superseded")
            #expect(try await scene.report(token, [("token_sha256", hash)])["status"] == "refresh_pending")
            #expect(try await scene.retrieve(token)["access_token"] == "partner-token-2")
        }
    }

    @Test("a proxy gets it for a user's request, under the same rules")
    func forwardAuthentication() async throws {
        var upstream = MachineScene.partner
        upstream.access = MachineScene.staff
        let secret = "the-proxys-own-long-secret-for-tests"
        try await MachineScene.run(
            upstream,
            configure: {
                $0.forwardAuth.secret = .value(SecretValue(secret))
                $0.resources[0].forwardAuthUpstream = "robot"
            }
        ) { scene in
            for (user, status) in [("ada", 200), ("grace", 403)] {
                let answer = try await scene.client.send(
                    "GET",
                    scene.server.managementURL + "/forward-auth",
                    headerFields: [
                        ("authorization", "Bearer " + (try await scene.accessToken(as: user))),
                        ("x-gatehouse-proxy-secret", secret),
                    ]
                )
                #expect(answer.status == status, "\(user): \(answer.body)")
                #expect(answer.header("authorization") == (status == 200 ? "Bearer partner-token-1" : nil))
            }
        }
    }
}
