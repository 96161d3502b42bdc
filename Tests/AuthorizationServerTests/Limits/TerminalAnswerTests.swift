import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// FD-8, LM-2: 429 in place of an answer that ends something makes a client wait for ever.
@Suite("A terminal answer is never masked by 429")
struct TerminalAnswerTests {
    private func run(_ body: (TestServer, OAuthTestClient) async throws -> Void) async throws {
        try await TestServer.run(configure: { $0.limits.failuresPerSource = .init(burst: 2, perMinute: 1) }) { server in
            let client = try await OAuthTestClient.registered(at: server)
            try await body(server, client)
        }
    }

    private func spendAllowance(_ client: OAuthTestClient) async throws {
        for _ in 0..<3 { _ = try await client.redeem("gc_guess") }
        #expect(try await client.redeem("gc_guess").status == 429)
    }

    @Test("FD-8: an unknown client is always asked to register again, and spends nothing")
    func unknownClient() async throws {
        try await run { server, client in
            var forgotten = client
            forgotten.id = "dcr_forgotten"
            for _ in 0..<5 { #expect(try await forgotten.refresh("gr_x").isError(401, "invalid_client")) }
            #expect(try await client.redeem("gc_guess").isError(400, "invalid_grant"))
            try await spendAllowance(client)
            #expect(try await forgotten.refresh("gr_x").isError(401, "invalid_client"))
            #expect(try await forgotten.revoke("gr_x").isError(401, "invalid_client"))
            forgotten.secret = "gs_forgotten"
            #expect(try await forgotten.refresh("gr_x").isError(401, "invalid_client"))
        }
    }

    @Test("A refresh token of our form that we can no longer verify always gets invalid_grant")
    func foreignRefreshToken() async throws {
        try await run { server, client in
            let token = RefreshToken(
                family: SessionID(bytes: Array(repeating: 7, count: 16)),
                generation: 1,
                key: RefreshTokenKey(secret: Array(repeating: 9, count: 32))
            )
            for _ in 0..<5 { #expect(try await client.refresh(token.wireValue).isError(400, "invalid_grant")) }
            try await spendAllowance(client)
            #expect(try await client.refresh(token.wireValue).isError(400, "invalid_grant"))
            #expect(try await client.refresh("gr_guess").status == 429)
        }
    }

    @Test("TX-1: a resource server that has proven itself gets the real answer for every subject token")
    func subjectTokens() async throws {
        try await run { server, client in
            for _ in 0..<5 { #expect(try await client.exchange("e30.e30.AA").isError(400, "invalid_grant")) }
            try await spendAllowance(client)
            #expect(try await client.exchange("e30.e30.AA").isError(400, "invalid_grant"))
            let wrongSecret = try await client.exchange("x", credentials: (TestServer.resourceServer.id, "guess"))
            #expect(wrongSecret.status == 429)
        }
    }

    @Test("CR-10, RFC 6750 §3.1: a wrong initial access token is a guess; none at all is not, and names no error")
    func initialAccessTokens() async throws {
        try await TestServer.run(configure: {
            $0.limits.failuresPerSource = .init(burst: 2, perMinute: 1)
            $0.registration.initialAccessToken = .value(SecretValue("initial-token"))
        }) { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            func register(_ authorization: String?) async throws -> OAuthTestClient.Answer {
                try await client.send(
                    "POST",
                    "/oauth/register",
                    headerFields: [("content-type", "application/json")]
                        + (authorization.map { [("authorization", $0)] } ?? []),
                    body: JSONObject([("redirect_uris", .array(["http://127.0.0.1/cb"]))]).serialized()
                )
            }
            for _ in 0..<5 {
                let answer = try await register(nil)
                #expect(answer.isError(401, "invalid_token"))
                #expect(answer.header("www-authenticate") == "Bearer")
            }
            let answer = try await register("Bearer guess")
            #expect(answer.isError(401, "invalid_token"))
            #expect(answer.header("www-authenticate") == "Bearer error=\"invalid_token\"")
            #expect(try await register("Bearer guess").status == 429)
            server.clock.advance(by: .seconds(60))
            #expect(try await register("Bearer initial-token").status == 201)
        }
    }
}
