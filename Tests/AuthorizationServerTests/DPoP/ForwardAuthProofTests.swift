import AuthorizationServer
import AuthorizationServerTesting
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 9449 §7: bound access tokens where their holders present them")
struct ForwardAuthProofTests {
    /// Where a holder presents an access token.
    enum Place: String, CaseIterable {
        case userInfo, connections, forwardAuth
    }

    /// A request at a place: its address, and the method and URL that its proof is for.
    private struct Visit {
        let address: String
        let method: String
        let url: String
        let fields: [(name: String, value: String)]

        init(_ place: Place, _ scene: ProofScene) {
            switch place {
            case .userInfo: (address, fields) = (scene.server.issuer + "/oauth/userinfo", [])
            case .connections: (address, fields) = (scene.server.issuer + "/connections", [])
            case .forwardAuth:
                let query = FormParameters.serialize([("resource", TestServer.resource)])
                address = scene.server.managementURL + "/forward-auth?" + query
                fields = [("x-forwarded-method", "POST"), ("x-forwarded-uri", "/mcp/messages?id=1")]
            }
            method = place == .forwardAuth ? "POST" : "GET"
            url = place == .forwardAuth ? "https://mcp.example.com/mcp/messages" : address
        }

        func proof(
            _ scene: ProofScene,
            _ token: String,
            by key: TestProofKey? = nil,
            claims: [String: JSONValue?] = [:]
        ) throws -> String {
            try (key ?? scene.key).proof(method, url, now: scene.server.clock.now(), accessToken: token, claims: claims)
        }

        func send(
            _ scene: ProofScene,
            _ token: String,
            scheme: String = "DPoP",
            proofs: [String]
        ) async throws -> OAuthTestClient.Answer {
            try await scene.get(address, token, scheme: scheme, proofs: proofs, fields)
        }
    }

    private static func run(_ body: (ProofScene, String) async throws -> Void) async throws {
        try await ProofScene.run { scene in
            let tokens = try await scene.tokens(["scope": "openid mcp:read offline_access"])
            try await body(scene, try #require(tokens["access_token"]))
        }
    }

    @Test("a bound token with its proof is accepted; without, with a wrong one, or as a bearer token it is refused")
    func rules() async throws {
        try await Self.run { scene, token in
            let (other, now) = (try TestProofKey(), Int(scene.server.clock.now().secondsSinceEpoch))
            for place in Place.allCases {
                let visit = Visit(place, scene)
                let bearer = try await visit.send(scene, token, scheme: "Bearer", proofs: [])
                #expect(bearer.status == 401, "\(place)")
                #expect(bearer.header("www-authenticate")?.hasPrefix("Bearer error=\"invalid_token\"") == true)
                // A proof beside a bearer token does not make it a bound one.
                let beside = [try visit.proof(scene, token)]
                #expect(try await visit.send(scene, token, scheme: "Bearer", proofs: beside).status == 401)
                let wrong: [[String]] = [
                    [], [try visit.proof(scene, token, by: other)],
                    [try visit.proof(scene, token, claims: ["ath": nil])],
                    [try visit.proof(scene, token, claims: ["ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"])],
                    [try visit.proof(scene, token, claims: ["htm": "PUT"])],
                    [try visit.proof(scene, token, claims: ["htu": "https://mcp.example.com/other"])],
                    [try visit.proof(scene, token, claims: ["iat": .integer(now - 301)])],
                    [try visit.proof(scene, token, claims: ["iat": .integer(now + 301)])],
                    [try visit.proof(scene, token), try visit.proof(scene, token)],
                ]
                for proofs in wrong {
                    let answer = try await visit.send(scene, token, proofs: proofs)
                    #expect(answer.status == 401, "\(place) \(answer.body)")
                    let challenge = answer.header("www-authenticate") ?? ""
                    #expect(
                        challenge.hasPrefix("DPoP error=\"") && challenge.contains("algs=\"RS256 PS256 ES256 EdDSA\"")
                    )
                }
                #expect(try await visit.send(scene, token, proofs: [try visit.proof(scene, token)]).status == 200)
            }
        }
    }

    @Test("RFC 9449 §11.1: a proof is used once, also when 64 race", arguments: Place.allCases)
    func replay(place: Place) async throws {
        try await Self.run { scene, token in
            let visit = Visit(place, scene)
            let proof = try visit.proof(scene, token)
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 { group.addTask { try await visit.send(scene, token, proofs: [proof]).status } }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(answers == [200: 1, 401: 63])
            #expect(scene.server.auditLog.all.contains { $0.contains("dpop.proof_replayed") })
        }
    }

    @Test("RFC 9449 §7.1: a bearer token presented as a bound one is refused")
    func bearerToken() async throws {
        try await ProofScene.run { scene in
            let code = try await scene.code(["scope": "openid mcp:read"])
            let token = try #require(try await scene.client.redeem(code)["access_token"])
            for place in Place.allCases {
                let visit = Visit(place, scene)
                #expect(try await visit.send(scene, token, proofs: [try visit.proof(scene, token)]).status == 401)
                #expect(try await visit.send(scene, token, scheme: "Bearer", proofs: []).status == 200)
            }
        }
    }

    @Test("RS-1: forward authentication names both schemes to a client without a token, Bearer first")
    func challenge() async throws {
        try await ProofScene.run { scene in
            let visit = Visit(.forwardAuth, scene)
            let answer = try await scene.client.send("GET", visit.address)
            let challenge = try #require(answer.header("www-authenticate"))
            #expect(challenge.hasPrefix("Bearer resource_metadata="))
            #expect(challenge.hasSuffix(", DPoP algs=\"RS256 PS256 ES256 EdDSA\""))
        }
    }

    @Test("a proxy that does not say which request it asks about gets no bound token accepted")
    func silentProxy() async throws {
        try await Self.run { scene, token in
            let visit = Visit(.forwardAuth, scene)
            for fields in [
                [], [visit.fields[0]], [visit.fields[1]], visit.fields + [visit.fields[1]],
                visit.fields + [visit.fields[0]],
                [visit.fields[0], (name: "x-forwarded-uri", value: "https://mcp.example.com/mcp/messages")],
            ] {
                let proof = try visit.proof(scene, token)
                #expect(try await scene.get(visit.address, token, proofs: [proof], fields).status == 401)
            }
        }
    }

    @Test("below the exact path, method and path are those of the request that the proxy passes on")
    func envoy() async throws {
        try await Self.run { (scene, token) async throws in
            let fields = [
                ProofScene.proxy, (name: "x-gatehouse-resource", value: TestServer.resource),
                (name: "x-gatehouse-scope", value: ""),
                // Its client's, which must not choose what the proof is compared with.
                (name: "x-forwarded-method", value: "GET"), (name: "x-forwarded-uri", value: "/other"),
            ]
            let address = scene.server.managementURL + "/forward-auth/check/mcp/messages?id=1"
            func status(_ method: String, _ url: String) async throws -> Int {
                let now = scene.server.clock.now()
                let proof = try scene.key.proof(method, url, now: now, accessToken: token)
                return try await scene.get(address, token, method: "POST", proofs: [proof], fields).status
            }
            #expect(try await status("POST", "https://mcp.example.com/mcp/messages") == 200)
            #expect(try await status("GET", "https://mcp.example.com/mcp/messages") == 401)
            #expect(try await status("POST", "https://mcp.example.com/other") == 401)
        }
    }

    @Test("FD-6: a proof may name every address of the resource that the operator accepts, and no other resource's")
    func addresses() async throws {
        try await ProofScene.run(configure: { configuration in
            TestServer.addSecondResource(&configuration)
            configuration.resources[0].aliases = ["https://old.example.com/v1"]
            configuration.resources[0].tolerances = [.slash]
        }) { scene in
            let tokens = try await scene.tokens(["scope": "mcp:read"])
            let token = try #require(tokens["access_token"])
            let query = FormParameters.serialize([("resource", TestServer.resource)])
            let address = scene.server.managementURL + "/forward-auth?" + query
            func status(_ path: String, _ url: String) async throws -> Int {
                let fields = [(name: "x-forwarded-method", value: "POST"), (name: "x-forwarded-uri", value: path)]
                let proof = try scene.key.proof("POST", url, now: scene.server.clock.now(), accessToken: token)
                return try await scene.get(address, token, proofs: [proof], fields).status
            }
            for (path, url) in [
                ("/mcp", TestServer.resource), ("/v1", "https://old.example.com/v1"),
                ("/v1/messages", "https://old.example.com/v1/messages"), ("/mcp", "https://old.example.com/v1"),
                ("/mcp", TestServer.resource + "/"), ("/mcp/", TestServer.resource),
            ] {
                #expect(try await status(path, url) == 200, "\(path) \(url)")
            }
            for (path, url) in [
                ("/mcp", TestServer.secondResource), ("/mcp/x", TestServer.secondResource + "/x"),
                ("/mcp", "https://mcp.example.com/"), ("/mcp", "https://mcp.example.com/MCP"),
                ("/mcp/x", "https://old.example.com/v1"), ("/v1", "https://evil.example.com/v1"),
            ] {
                #expect(try await status(path, url) == 401, "\(path) \(url)")
            }
        }
    }

    @Test("RFC 9449 §6.2: introspection says what a bound token is, without a proof")
    func introspection() async throws {
        try await Self.run { scene, token in
            let answer = try await scene.client.introspect(token).json
            #expect(answer["active"] == true && answer["token_type"] == "DPoP")
            #expect(answer["cnf"] == ["jkt": .string(scene.key.thumbprint)])
        }
    }
}
