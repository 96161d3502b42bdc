import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

@Suite("S-22: use of a refresh token's grace by another party is recorded")
struct RepeatedElsewhereTests {
    private func run(
        _ configure: (inout Configuration) -> Void = { _ in },
        _ body: (TestServer, OAuthTestClient, String) async throws -> Void
    ) async throws {
        try await TestServer.run(
            configure: { configuration in
                configuration.trustedProxies = [AddressRange(.loopback, prefixLength: 8)]
                configure(&configuration)
            }
        ) { server in
            let client = try await OAuthTestClient.registered(at: server)
            try await body(server, client, try #require(try await client.tokens(at: server)["refresh_token"]))
        }
    }

    private func refresh(
        _ client: OAuthTestClient,
        _ token: String,
        from source: String,
        agent: String
    ) async throws -> OAuthTestClient.Answer {
        try await client.post(
            [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client.id)],
            [("x-forwarded-for", source), ("user-agent", agent)]
        )
    }

    @Test("S-22: a repeat from another network with another User-Agent is an event of its own; a retry is none")
    func event() async throws {
        try await run { server, client, token in
            let first = try await refresh(client, token, from: "203.0.113.1", agent: "client/1")
            for (source, agent) in [("203.0.113.1", "client/1"), ("203.0.113.2", "client/1"), ("203.0.113.1", "x")] {
                #expect(try await refresh(client, token, from: source, agent: agent).status == 200)
            }
            #expect(try server.auditEvents("token.repeated_elsewhere").isEmpty)
            let ridden = try await refresh(client, token, from: "198.51.100.1", agent: "curl/8")
            #expect(ridden.status == 200 && ridden["refresh_token"] == first["refresh_token"])
            let events = try server.auditEvents("token.repeated_elsewhere")
            #expect(events.count == 1)
            #expect(events.first?["source"]?.stringValue == "198.51.100.1")
            #expect(events.first?["tsid"]?.stringValue?.hasPrefix("ts_") ?? false)
        }
    }

    @Test("S-22: refresh_reuse_same_network makes a repeat from another network reuse: the session ends")
    func sameNetwork() async throws {
        try await run({ $0.tokens.reuseNeedsSameNetwork = true }) { server, client, token in
            let first = try await refresh(client, token, from: "203.0.113.1", agent: "client/1")
            #expect(try await refresh(client, token, from: "203.0.113.1", agent: "client/1").status == 200)
            let ridden = try await refresh(client, token, from: "203.0.113.2", agent: "client/1")
            #expect(ridden.isError(400, "invalid_grant"))
            #expect(try server.auditEvents("token.reuse_detected").count == 1)
            let successor = try #require(first["refresh_token"])
            let next = try await refresh(client, successor, from: "203.0.113.1", agent: "client/1")
            #expect(next.isError(400, "invalid_grant"))
        }
    }

    @Test("S-22: beyond a hundred repeats the answer is 429, and the session lives on")
    func bound() async throws {
        try await run { _, client, token in
            let first = try await refresh(client, token, from: "203.0.113.1", agent: "client/1")
            for _ in 0..<100 {
                #expect(try await refresh(client, token, from: "203.0.113.1", agent: "client/1").status == 200)
            }
            let refused = try await refresh(client, token, from: "203.0.113.1", agent: "client/1")
            #expect(refused.isError(429, "temporarily_unavailable"))
            #expect(refused.header("retry-after") == "120")
            let successor = try #require(first["refresh_token"])
            #expect(try await refresh(client, successor, from: "203.0.113.1", agent: "client/1").status == 200)
        }
    }
}
