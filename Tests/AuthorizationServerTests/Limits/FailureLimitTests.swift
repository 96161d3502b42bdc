import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

/// RFC 6749 §10.10, D-80, LM-1: guessing is slowed down, and other sources are not.
@Suite("Limit of failures")
struct FailureLimitTests {
    private func run(
        burst: Int = 3,
        proxies: [AddressRange] = [AddressRange(.loopback, prefixLength: 8)],
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.run(
            configure: {
                $0.limits.failuresPerSource = .init(burst: burst, perMinute: 60)
                $0.trustedProxies = proxies
            },
            body
        )
    }

    private func guess(
        _ client: OAuthTestClient,
        _ form: [(String, String)]? = nil,
        source: String
    ) async throws -> OAuthTestClient.Answer {
        try await client.post(form ?? client.redemption("gc_guess"), [("x-forwarded-for", source)])
    }

    @Test("D-80: guesses beyond the allowance get 429 with Retry-After, until it has refilled")
    func guesses() async throws {
        try await run { server in
            let client = try await OAuthTestClient.registered(at: server)
            for _ in 0..<3 {
                #expect(try await guess(client, source: "203.0.113.1").isError(400, "invalid_grant"))
            }
            let refused = try await guess(client, source: "203.0.113.1")
            #expect(refused.isError(429, "temporarily_unavailable"))
            #expect(refused.header("retry-after") == "1")
            server.clock.advance(by: .seconds(1))
            #expect(try await guess(client, source: "203.0.113.1").isError(400, "invalid_grant"))
            #expect(try await guess(client, source: "203.0.113.1").status == 429)
        }
    }

    @Test("D-80: codes, refresh tokens and secrets are all guesses of one source")
    func kinds() async throws {
        let resourceServer = TestServer.resourceServer
        try await run(burst: 3) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let refresh = [("grant_type", "refresh_token"), ("refresh_token", "gr_guess")]
            let exchange = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("audience", "corp"),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("subject_token", "e30.e30.AA"),
            ]
            let guesses: [([(String, String)], Int)] = [
                (client.redemption("gc_guess"), 400), (refresh + [("client_id", client.id)], 400),
                (exchange + [("client_id", resourceServer.id), ("client_secret", "guess")], 401),
            ]
            for (form, status) in guesses {
                #expect(try await guess(client, form, source: "203.0.113.9").status == status)
            }
            for (form, _) in guesses {
                #expect(try await guess(client, form, source: "203.0.113.9").status == 429)
            }
        }
    }

    @Test("LM-2: valid, malformed and once valid credentials keep their own answers after the allowance is spent")
    func genuineAnswers() async throws {
        try await run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let expiredCode = try await server.issuedCode(for: client)
            server.clock.advance(by: .seconds(60))
            let revoked = try await client.tokens(at: server)
            let second = try await client.refresh(revoked.refreshToken)
            _ = try await client.refresh(second.refreshToken)
            #expect(try await client.refresh(revoked.refreshToken).isError(400, "invalid_grant"))
            let tokens = try await client.tokens(at: server)
            let other = try await OAuthTestClient.registered(at: server)
            let source = "127.0.0.1"
            for _ in 0..<3 { _ = try await client.redeem("gc_guess") }
            #expect(try await client.redeem("gc_guess").status == 429)

            for _ in 0..<5 {
                // Dead, but genuine: the client has to log in again, not to wait (LM-2).
                #expect(try await client.refresh(revoked.refreshToken).isError(400, "invalid_grant"))
                #expect(try await client.redeem(expiredCode).isError(400, "invalid_grant"))
                #expect(try await other.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
                #expect(try await client.exchange(revoked.accessToken).isError(400, "invalid_grant"))
                #expect(try await client.redeem("gc_guess", ["code_verifier": nil]).isError(400, "invalid_request"))
                let unknownGrant = try await guess(client, [("grant_type", "x")], source: source)
                #expect(unknownGrant.isError(400, "unsupported_grant_type"))
            }
            #expect(try await client.exchange(tokens.accessToken).status == 200)
            #expect(try await client.refresh(tokens.refreshToken).status == 200)
            #expect(try await client.tokens(at: server).status == 200)
        }
    }

    @Test("D-80, LM-1: one source does not spend another's allowance")
    func otherSources() async throws {
        try await run { server in
            let client = try await OAuthTestClient.registered(at: server)
            for _ in 0..<10 { _ = try await guess(client, source: "203.0.113.1") }
            #expect(try await guess(client, source: "203.0.113.1").status == 429)
            for source in ["203.0.113.2", "198.51.100.1", "2001:db8::1"] {
                #expect(try await guess(client, source: source).isError(400, "invalid_grant"), "\(source)")
            }
        }
    }

    @Test("RFC 6177: addresses of one IPv6 network are one source")
    func networks() async throws {
        try await run { server in
            let client = try await OAuthTestClient.registered(at: server)
            for index in 1...3 { _ = try await guess(client, source: "2001:db8:1:2::\(index)") }
            #expect(try await guess(client, source: "2001:db8:1:2:ffff::1").status == 429)
            #expect(try await guess(client, source: "2001:db8:1:3::1").status == 400)
        }
    }

    @Test("D-71, D-72: without a trusted proxy X-Forwarded-For changes no allowance")
    func untrusted() async throws {
        try await run(proxies: []) { server in
            let client = try await OAuthTestClient.registered(at: server)
            for index in 1...3 { _ = try await guess(client, source: "203.0.113.\(index)") }
            #expect(try await guess(client, source: "203.0.113.4").status == 429)
        }
    }

    @Test("D-71: of a chain the last address that is no proxy of ours counts; earlier ones are the client's claim")
    func chains() async throws {
        try await run { server in
            let client = try await OAuthTestClient.registered(at: server)
            for index in 1...3 { _ = try await guess(client, source: "198.51.100.\(index), 203.0.113.1") }
            #expect(try await guess(client, source: "198.51.100.4, 203.0.113.1").status == 429)
            #expect(try await guess(client, source: "203.0.113.1, 127.0.0.7").status == 429)
            #expect(try await guess(client, source: "203.0.113.1, 203.0.113.5").status == 400)
        }
    }

    @Test("D-71: a proxy that writes the port too names the same source")
    func ports() async throws {
        try await run { server in
            let client = try await OAuthTestClient.registered(at: server)
            for hop in ["203.0.113.1:4711", " 203.0.113.1 ", "203.0.113.1:1"] {
                #expect(try await guess(client, source: hop).status == 400)
            }
            #expect(try await guess(client, source: "203.0.113.1").status == 429)
            for hop in ["[2001:db8::1]:4711", "[2001:db8::1]", "2001:db8::2"] {
                #expect(try await guess(client, source: hop).status == 400)
            }
            #expect(try await guess(client, source: "2001:db8::1").status == 429)
            // A value that is no address ends the chain: the proxy that sent it is the source, with its own allowance.
            var statuses: [Int] = []
            for hop in ["unknown", "203.0.113.7.evil", "::::", "203.0.113.9:1:2"] {
                statuses.append(try await guess(client, source: "203.0.113.1, " + hop).status)
            }
            #expect(statuses == [400, 400, 400, 429])
        }
    }

    @Test("LM-1: registrations and failures have allowances of their own")
    func purposes() async throws {
        try await TestServer.run {
            $0.limits.failuresPerSource = .init(burst: 1, perMinute: 1)
            $0.limits.registrationsPerSource = .init(burst: 2, perMinute: 1)
        } _: { server in
            let client = try await OAuthTestClient.registered(at: server)
            _ = try await client.redeem("gc_guess")
            #expect(try await client.redeem("gc_guess").status == 429)
            #expect(try await client.register(["redirect_uris": ["http://127.0.0.1/cb"]]).status == 201)
            #expect(try await client.register(["redirect_uris": ["http://127.0.0.1/cb"]]).status == 429)
        }
    }
}
