import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import Testing

/// The audit trail and the log of the token endpoint (D-25).
@Suite("Audit of tokens")
struct TokenAuditTests {
    @Test("issue, refresh, repeat and reuse are one event each, with who, what and from where")
    func events() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let claims = try DecodedToken(tokens.accessToken).claims
            let second = try await client.refresh(tokens.refreshToken)
            _ = try await client.refresh(tokens.refreshToken)
            _ = try await client.refresh(second.refreshToken)
            _ = try await client.refresh(tokens.refreshToken)
            let issued = try server.auditEvents("token.issued")
            #expect(issued.count == 1)
            #expect(issued.first?["grant_type"] == "authorization_code")
            let refreshed = try server.auditEvents("token.refreshed")
            #expect(refreshed.map { $0["repeat"]?.boolValue } == [false, true, false])
            #expect(refreshed.map { $0["generation"]?.integerValue } == [2, 2, 3])
            let reused = try server.auditEvents("token.reuse_detected")
            #expect(reused.map { $0["generation"]?.integerValue } == [1])
            for event in issued + refreshed + reused {
                #expect(event["client_id"] == .string(client.id))
                #expect(event["sub"] == claims["sub"] && event["tsid"] == claims["tsid"])
                #expect(event["resource"] == .string(TestServer.resource))
                #expect(event["scope"] == "mcp:read offline_access")
                #expect(event["source"] == "127.0.0.1")
                #expect(event["time"] == "2026-11-23T08:00:00.000Z")
                #expect(event["request_id"]?.stringValue?.isEmpty == false)
            }
        }
    }

    @Test("a failed request leaves no event of success, but says which client failed and why")
    func failures() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let before = server.auditLog.all.count
            _ = try await client.redeem("gc_unknown")
            _ = try await client.refresh("gr_unknown")
            _ = try await client.refresh(tokens.refreshToken, [("scope", "mcp:write")])
            #expect(server.auditLog.all.count == before + 3)
            let refused = try server.auditEvents("token.refused")
            #expect(refused.count == 3 && refused.allSatisfy { $0["client_id"] == .string(client.id) })
            #expect(refused[0]["reason"] == "unknown_code" && refused[2]["error"] == "invalid_scope")
            let tsid = try DecodedToken(tokens.accessToken).claims["tsid"]
            #expect(tsid != nil && refused[2]["tsid"] == tsid)
        }
    }

    @Test("D-25: no code, token, verifier or secret in log, audit trail or metrics")
    func secrets() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let (web, secret) = try await server.confidentialClient("client_secret_basic")
            let code = try await server.issuedCode(for: client)
            _ = try await client.redeem(code, ["code_verifier": String(repeating: "w", count: 43)])
            let tokens = try await client.redeem(code)
            let refreshed = try await client.refresh(tokens.refreshToken)
            let upstream = try await client.exchange(refreshed.accessToken)
            _ = try await client.token([("grant_type", "x")], authorization: OAuthTestClient.basic(web.id, secret))
            _ = try await client.redeem(code)
            _ = try await client.refresh(refreshed.refreshToken)
            let metrics = try await TestBrowser(transport: server.transport).get(server.managementURL + "/metrics")
            #expect(metrics.status == 200 && metrics.text.contains("gatehouse_token_requests_total"))
            let upstreamSecrets = server.provider.capturedRequests(on: .token).flatMap { request in
                ["code", "code_verifier", "refresh_token", "client_secret"].compactMap(request.parameter)
            }
            let secrets =
                [
                    code, client.verifier, secret, String(repeating: "w", count: 43), try tokens.accessToken,
                    try tokens.refreshToken, try refreshed.accessToken, try refreshed.refreshToken,
                    try upstream.accessToken, TestServer.resourceServer.secret,
                ] + upstreamSecrets
            let texts = server.log.all + server.auditLog.all + [metrics.text]
            #expect(texts.count > 20)
            for secret in secrets {
                #expect(!texts.contains { $0.contains(secret) })
            }
            // D-25: no label of a metric identifies a user.
            #expect(!metrics.text.contains(client.id))
        }
    }
}
