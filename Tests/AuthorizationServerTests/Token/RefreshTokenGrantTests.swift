import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// RFC 6749 §6, FD-1 and FD-12.
@Suite("Refresh token grant")
struct RefreshTokenGrantTests {
    @Test("TK-8, FD-12: a public client gets a new access token and a new refresh token")
    func rotation() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            var current = tokens
            for _ in 0..<4 {
                let next = try await client.refresh(current.refreshToken)
                #expect(next.status == 200)
                #expect(
                    next.json.names == [
                        "access_token", "token_type", "expires_in", "refresh_token_timeout", "authorization_expires_in",
                        "scope", "refresh_token",
                    ]
                )
                #expect(next["token_type"] == "Bearer" && next["scope"] == "mcp:read offline_access")
                #expect(try next.refreshToken != current.refreshToken)
                #expect(try next.accessToken != current.accessToken)
                #expect(next.header("cache-control") == "no-store")
                current = next
            }
        }
    }

    @Test("FD-12: a confidential client keeps its refresh token")
    func confidentialClientsDoNotRotate() async throws {
        try await TestServer.run { server in
            var (client, secret) = try await server.confidentialClient("client_secret_post")
            client.secret = secret
            let tokens = try await client.redeem(try await server.issuedCode(for: client))
            for _ in 0..<3 {
                let next = try await client.refresh(tokens.refreshToken)
                #expect(next.status == 200)
                #expect(next["refresh_token"] == tokens["refresh_token"])
                server.clock.advance(by: .seconds(3600))
            }
            client.secret = nil
            #expect(try await client.refresh(tokens.refreshToken).isError(401, "invalid_client"))
        }
    }

    @Test("TK-8: a smaller scope narrows the access token, the refresh token keeps the full grant")
    func narrowing() async throws {
        try await TestServer.run { server in
            var client = try await OAuthTestClient.registered(at: server)
            client.scope = "mcp:read mcp:write offline_access"
            let tokens = try await client.tokens(at: server)
            #expect(tokens["scope"] == "mcp:read mcp:write offline_access")
            let narrowed = try await client.refresh(tokens.refreshToken, [("scope", "mcp:read")])
            #expect(narrowed.status == 200 && narrowed["scope"] == "mcp:read")
            #expect(try DecodedToken(narrowed.accessToken).claims["scope"] == "mcp:read")
            let full = try await client.refresh(narrowed.refreshToken)
            #expect(full["scope"] == "mcp:read mcp:write offline_access")
            // A scope of nothing but spaces counts as absent.
            let blank = try await client.refresh(full.refreshToken, [("scope", "  ")])
            #expect(blank["scope"] == "mcp:read mcp:write offline_access")
        }
    }

    @Test("TK-8, D-44: a scope or resource above the grant is refused before anything is rotated")
    func supersets() async throws {
        // A grace of zero, so that an unwanted rotation would show as reuse.
        try await TestServer.run {
            TestServer.addSecondResource(&$0)
            $0.tokens.refreshReuseGrace = .zero
        } _: { server in
            let (client, tokens) = try await server.loggedIn()
            for scope in ["mcp:read mcp:write", "mcp:write", "tools:run", "unknown", "mcp:Read"] {
                let answer = try await client.refresh(tokens.refreshToken, [("scope", scope)])
                #expect(answer.isError(400, "invalid_scope"), "\(scope)")
            }
            let malformed = try await client.refresh(tokens.refreshToken, [("scope", "mcp:read \"")])
            #expect(malformed.isError(400, "invalid_scope"))
            for resource in [
                TestServer.secondResource, "https://unknown.example/", "no-uri", TestServer.resource + "#f",
            ] {
                let answer = try await client.refresh(tokens.refreshToken, [("resource", resource)])
                #expect(answer.isError(400, "invalid_target"), "\(resource)")
            }
            #expect(try await client.refresh(tokens.refreshToken, [("resource", TestServer.resource)]).status == 200)
        }
    }

    @Test("FD-5: with several resources a refresh may leave resource out, and keeps the grant's")
    func resourceOfTheGrant() async throws {
        try await TestServer.run(configure: TestServer.addSecondResource) { server in
            var client = try await OAuthTestClient.registered(at: server)
            client.resource = TestServer.secondResource
            client.scope = "tools:run offline_access"
            let tokens = try await client.tokens(at: server)
            let refreshed = try await client.refresh(tokens.refreshToken)
            #expect(try DecodedToken(refreshed.accessToken).claims["aud"] == .string(TestServer.secondResource))
        }
    }

    @Test("TK-9: an unused refresh token expires after its idle time, which each use restarts")
    func idleExpiry() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            server.clock.advance(by: .seconds(7 * 86_400 - 1))
            let next = try await client.refresh(tokens.refreshToken)
            #expect(next.status == 200)
            server.clock.advance(by: .seconds(7 * 86_400 - 1))
            let last = try await client.refresh(next.refreshToken)
            #expect(last.status == 200)
            server.clock.advance(by: .seconds(7 * 86_400))
            #expect(try await client.refresh(last.refreshToken).isError(400, "invalid_grant"))
            #expect(try await client.refresh(last.refreshToken).isError(400, "invalid_grant"))
        }
    }

    @Test("TK-9: a session ends however often it is used, and no token outlives it")
    func absoluteExpiry() async throws {
        try await TestServer.run(configure: { $0.tokens.sessionLifetime = .seconds(3 * 86_400) }) { server in
            let (client, tokens) = try await server.loggedIn()
            var current = tokens
            for _ in 0..<2 {
                server.clock.advance(by: .seconds(86_400))
                current = try await client.refresh(current.refreshToken)
                #expect(current.json["expires_in"]?.integerValue == 3600)
            }
            server.clock.advance(by: .seconds(86_400 - 600))
            current = try await client.refresh(current.refreshToken)
            #expect(current.json["expires_in"]?.integerValue == 600)
            let claims = try DecodedToken(current.accessToken).claims
            let issuedAt = try #require(claims["iat"]?.integerValue)
            #expect(claims["exp"]?.integerValue == issuedAt + 600)
            server.clock.advance(by: .seconds(600))
            #expect(try await client.refresh(current.refreshToken).isError(400, "invalid_grant"))
        }
    }

    @Test("D-29: another client's refresh token is invalid_grant, and nothing happens to it")
    func otherClient() async throws {
        try await TestServer.run { server in
            let (owner, tokens) = try await server.loggedIn()
            let stranger = try await OAuthTestClient.registered(at: server)
            for _ in 0..<3 {
                #expect(try await stranger.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
            }
            #expect(try await owner.refresh(tokens.refreshToken).status == 200)
            // Nor does a stranger with an old one revoke the family.
            #expect(try await stranger.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
            server.clock.advance(by: .seconds(1000))
            #expect(try await stranger.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
            #expect(try server.auditEvents("token.reuse_detected").isEmpty)
        }
    }

    @Test("D-29: forged, truncated and altered tokens, and an access token in a refresh token's place")
    func forgeries() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let genuine = try tokens.refreshToken
            let body = try #require(Base64URL.decode(String(genuine.dropFirst(3))))
            var nextGeneration = body
            nextGeneration[19] &+= 1
            var otherFamily = body
            otherFamily[0] ^= 1
            var wrongCode = body
            wrongCode[51] ^= 1
            let forged = [
                try tokens.accessToken, String(genuine.dropLast()), String(genuine.dropFirst(3)), genuine + "A",
                genuine + "=", "GR_" + genuine.dropFirst(3), "gr_", "x", "gr_" + Base64URL.encode(nextGeneration),
                "gr_" + Base64URL.encode(otherFamily), "gr_" + Base64URL.encode(wrongCode),
                "gr_" + Base64URL.encode(Array(body.prefix(20))), "gr_" + Base64URL.encode(body + [0]),
                "gr_" + Base64URL.encode(Array(repeating: 0, count: 52)),
                try DecodedToken(tokens.accessToken).claims["tsid"]?.stringValue ?? "",
            ]
            for token in forged {
                #expect(try await client.refresh(token).isError(400, "invalid_grant"))
            }
            #expect(try await client.refresh(genuine).status == 200)
        }
    }
}
