import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// RFC 7662 over HTTP: IN-1, D-37, D-48.
@Suite("Introspection")
struct IntrospectionTests {
    private static let otherServer = (id: "other-server", secret: "the other resource server's secret")

    private static func configure(_ configuration: inout Configuration) {
        var other = Configuration.Resource(uri: "https://other.example.com/mcp", scopes: ScopeSet(["mcp:read"]))
        other.clientID = otherServer.id
        other.clientSecret = .value(SecretValue(otherServer.secret))
        configuration.resources.append(other)
    }

    private static func tokens(_ server: TestServer) async throws -> (OAuthTestClient, access: String, refresh: String)
    {
        let client = try await OAuthTestClient.registered(at: server)
        let answer = try await client.tokens(at: server)
        return (client, try #require(answer["access_token"]), try #require(answer["refresh_token"]))
    }

    @Test("IN-1: the answer for an active token has the token's claims, and no other")
    func active() async throws {
        try await TestServer.run { server in
            let (client, access, _) = try await Self.tokens(server)
            let claims = try JSONParser.parseObject(try CompactJWS(parsing: access).payload)
            // The second answer comes from the table of seen tokens.
            for _ in 0..<2 {
                let answer = try await client.introspect(access)
                #expect(answer.status == 200)
                #expect(answer.header("cache-control") == "no-store")
                #expect(answer.header("content-type") == "application/json")
                #expect(answer.json["active"] == true)
                #expect(answer["token_type"] == "Bearer")
                for name in ["iss", "sub", "aud", "client_id", "scope", "exp", "iat", "jti", "tsid"] {
                    #expect(answer.json[name] != nil)
                }
                for (name, value) in claims.members { #expect(answer.json[name] == value) }
                #expect(answer.json.count == claims.count + 2)
            }
        }
    }

    @Test(
        "IN-1: everything else is inactive and nothing more",
        arguments: [
            "garbage", "a.b.c", "$REFRESH", "$FORGED", "$TRUNCATED", "$UNSIGNED", "gc_code",
        ]
    )
    func inactive(token: String) async throws {
        try await TestServer.run { server in
            let (client, access, refresh) = try await Self.tokens(server)
            let parts = access.split(separator: ".").map(String.init)
            let token =
                switch token {
                case "$REFRESH": refresh
                case "$FORGED": String(access.dropLast(8)) + "AAAAAAAA"
                case "$TRUNCATED": String(access.dropLast(1))
                case "$UNSIGNED": Base64URL.encode(Array(#"{"alg":"none","typ":"at+jwt"}"#.utf8)) + ".\(parts[1])."
                default: token
                }
            let answer = try await client.introspect(token)
            #expect(answer.status == 200)
            #expect(answer.json == ["active": false])
        }
    }

    @Test("IN-1: expired is inactive, to the second, also when it was seen before")
    func expired() async throws {
        try await TestServer.run { server in
            let (client, access, _) = try await Self.tokens(server)
            server.clock.advance(by: .seconds(3599))
            let before = try await client.introspect(access)
            #expect(before.json["active"] == true)
            server.clock.advance(by: .seconds(1))
            let after = try await client.introspect(access)
            #expect(after.json == ["active": false])
        }
    }

    @Test("D-37: a token for another resource server is inactive to this one")
    func otherAudience() async throws {
        try await TestServer.run(configure: Self.configure) { server in
            let (client, access, _) = try await Self.tokens(server)
            let foreign = try await client.introspect(access, credentials: Self.otherServer)
            #expect(foreign.status == 200)
            #expect(foreign.json == ["active": false])
            let own = try await client.introspect(access)
            #expect(own.json["active"] == true)
        }
    }

    @Test("IN-1: a confidential client that is no resource server learns nothing")
    func noResourceServer() async throws {
        try await TestServer.run(configure: { configuration in
            var client = Configuration.Client(clientID: "curious")
            client.tokenEndpointAuthMethod = .clientSecretBasic
            client.clientSecret = .value(SecretValue("a secret of the tests"))
            client.grantTypes = [.clientCredentials]
            configuration.clients = [client]
        }) { server in
            let (client, access, _) = try await Self.tokens(server)
            let answer = try await client.introspect(access, credentials: ("curious", "a secret of the tests"))
            #expect(answer.json == ["active": false])
        }
    }

    @Test("D-48: a caller without valid credentials gets 401, with a challenge where Basic was used")
    func unauthenticated() async throws {
        try await TestServer.run { server in
            let (client, access, _) = try await Self.tokens(server)
            let publicClient = try await client.post(
                "/oauth/introspect",
                [("token", access), ("client_id", client.id)]
            )
            let anonymous = try await client.post("/oauth/introspect", [("token", access)])
            let serverID = TestServer.resourceServer.id
            let named = try await client.post("/oauth/introspect", [("token", access), ("client_id", serverID)])
            let bearer = try await client.post(
                "/oauth/introspect",
                [("token", access)],
                authorization: "Bearer \(access)"
            )
            let wrong = try await client.introspect(access, credentials: (serverID, "wrong"))
            for answer in [publicClient, anonymous, named, bearer, wrong] {
                #expect(answer.status == 401)
                #expect(answer.error == "invalid_client")
                #expect(answer.json["active"] == nil)
            }
            #expect(wrong.header("www-authenticate")?.hasPrefix("Basic ") == true)
        }
    }

    @Test("D-48: guessing at secrets is slowed down")
    func bruteForce() async throws {
        try await TestServer.run(configure: { configuration in
            configuration.limits.failuresPerSource = .init(burst: 15, perMinute: 5)
        }) { server in
            var statuses: [Int] = []
            for _ in 0..<5 {
                let answer = try await server.visitor.introspect(
                    "a.b.c",
                    credentials: (TestServer.resourceServer.id, "wrong")
                )
                statuses.append(answer.status)
            }
            #expect(statuses == [401, 401, 401, 429, 429])
            // S-04: the right secret is refused without a comparison; otherwise guessing could continue.
            #expect(try await server.visitor.introspect("a.b.c").status == 429)
            server.clock.advance(by: .seconds(60))
            let right = try await server.visitor.introspect("a.b.c")
            #expect(right.json == ["active": false])
        }
    }

    @Test("IN-1, CX-1: only POST of a form with one token; never for browsers")
    func surface() async throws {
        try await TestServer.run { server in
            let (client, access, _) = try await Self.tokens(server)
            let credentials = OAuthTestClient.basic(TestServer.resourceServer.id, TestServer.resourceServer.secret)
            for form in [[], [("token", "")], [("token", access), ("token", access)]] {
                let answer = try await client.post("/oauth/introspect", form, authorization: credentials)
                #expect(answer.status == 400)
                #expect(answer.error == "invalid_request")
            }
            let get = try await client.send(
                "GET",
                "/oauth/introspect?token=\(access)",
                headerFields: [("authorization", credentials)]
            )
            #expect(get.status == 405)
            let preflight = try await client.send("OPTIONS", "/oauth/introspect")
            #expect(preflight.header("access-control-allow-origin") == nil)
            let answer = try await client.introspect(access)
            #expect(answer.header("access-control-allow-origin") == nil)
        }
    }

    @Test("MD-7: introspection is not advertised where no resource server has credentials")
    func metadata() async throws {
        try await TestServer.run(configure: { configuration in
            configuration.resources[0].clientID = nil
            configuration.resources[0].clientSecret = nil
        }) { server in
            let metadata = try await server.visitor.send("GET", "/.well-known/oauth-authorization-server").json
            #expect(metadata["introspection_endpoint"] == nil)
            #expect(metadata["revocation_endpoint"] != nil)
        }
    }
}
