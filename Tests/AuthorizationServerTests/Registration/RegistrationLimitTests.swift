import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP
import Testing

/// CR-10, D-80: which sources may register, how often, and the bound of all clients.
@Suite("Dynamic client registration: limits")
struct RegistrationLimitTests {
    private func register(
        _ server: TestServer,
        source: String? = nil,
        token: String? = nil
    ) async throws -> OAuthTestClient.Answer {
        let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
        var fields = [(name: "content-type", value: "application/json")]
        if let source { fields.append(("x-forwarded-for", source)) }
        if let token { fields.append(("authorization", token)) }
        return try await client.send(
            "POST",
            "/oauth/register",
            headerFields: fields,
            body: Array(#"{"redirect_uris":["http://127.0.0.1/cb"]}"#.utf8)
        )
    }

    @Test("CR-10: a source that registers too often gets 429 with Retry-After, and only that source")
    func rate() async throws {
        try await TestServer.run {
            $0.limits.registrationsPerSource = .init(burst: 3, perMinute: 40)
            $0.trustedProxies = [AddressRange(.loopback, prefixLength: 8)]
        } _: { server in
            for _ in 0..<3 {
                #expect(try await register(server, source: "203.0.113.1").status == 201)
            }
            let refused = try await register(server, source: "203.0.113.1")
            #expect(refused.isError(429, "temporarily_unavailable"))
            let retryAfter = try #require(refused.header("retry-after").flatMap { Int($0) })
            #expect(retryAfter == 2)
            #expect(try await register(server, source: "203.0.113.2").status == 201)
            // After the announced time the source may register again.
            server.clock.advance(by: .seconds(retryAfter))
            #expect(try await register(server, source: "203.0.113.1").status == 201)
            #expect(try await register(server, source: "203.0.113.1").status == 429)
        }
    }

    @Test("CR-10: refused registrations count too, or a flood of them would be free")
    func refusedOnesCount() async throws {
        try await TestServer.run(configure: { $0.limits.registrationsPerSource = .init(burst: 2, perMinute: 1) }) {
            server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            var statuses: [Int] = []
            for _ in 0..<3 { statuses.append(try await client.register([:]).status) }
            #expect(statuses == [400, 400, 429])
        }
    }

    @Test("CR-10: with an initial access token only its bearers register")
    func initialAccessToken() async throws {
        try await TestServer.run(configure: {
            $0.registration.initialAccessToken = .value(SecretValue("initial-token-for-tests"))
        }) { server in
            for token in [
                nil, "Bearer wrong", "Bearer ", "Bearer initial-token-for-tests2", "Basic initial-token-for-tests",
            ] {
                let answer = try await register(server, token: token)
                #expect(answer.isError(401, "invalid_token"))
                #expect(answer.header("www-authenticate")?.hasPrefix("Bearer") == true)
            }
            #expect(await server.server.stores.clients.count == 0)
            #expect(try await register(server, token: "Bearer initial-token-for-tests").status == 201)
            #expect(try await register(server, token: "bearer initial-token-for-tests").status == 201)
        }
    }

    @Test("CR-10, FD-8: at the bound the oldest client that was never used is evicted, used ones never are")
    func bound() async throws {
        try await TestServer.run(environment: { $0.storeLimits.dynamicClientsMax = 2 }) { server in
            let (used, tokens) = try await server.loggedIn()
            let unused = try await OAuthTestClient.registered(at: server)
            let newcomer = try await OAuthTestClient.registered(at: server)
            #expect(await server.server.stores.clients.count == 2)
            let form = [("grant_type", "refresh_token"), ("refresh_token", "x")]
            #expect(try await unused.token(form + [("client_id", unused.id)]).isError(401, "invalid_client"))
            #expect(try await used.refresh(tokens.refreshToken).status == 200)
            #expect(try await newcomer.tokens(at: server).status == 200)
            // Now every client is in use: a new one is refused, and none is evicted.
            let refused = try await register(server)
            #expect(refused.isError(503, "temporarily_unavailable"))
            #expect(refused.header("retry-after") != nil)
            #expect(try await used.tokens(at: server).status == 200)
        }
    }
}
