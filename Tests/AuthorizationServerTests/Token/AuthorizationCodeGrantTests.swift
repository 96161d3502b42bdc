import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import Testing

/// RFC 6749 §4.1.3, RFC 7636 §4.6.
@Suite("Authorization code grant")
struct AuthorizationCodeGrantTests {
    @Test("TK-3: the answer, member by member")
    func shape() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let answer = try await client.redeem(try await server.issuedCode(for: client))
            #expect(answer.status == 200)
            #expect(answer.header("content-type") == "application/json")
            #expect(answer.header("cache-control") == "no-store")
            #expect(
                answer.json.names == [
                    "access_token", "token_type", "expires_in", "refresh_token_timeout", "authorization_expires_in",
                    "scope", "refresh_token",
                ]
            )
            #expect(answer["token_type"] == "Bearer")
            #expect(answer.json["expires_in"]?.integerValue == 3600)
            #expect(answer["scope"] == "mcp:read offline_access")
            #expect(try answer.refreshToken.hasPrefix("gr_"))
            #expect(try DecodedToken(answer.accessToken).header["typ"] == "at+jwt")
        }
    }

    @Test("TK-3: as the Python SDK sends it, with resource and a verifier of 128 characters")
    func asPythonSends() async throws {
        try await TestServer.run { server in
            var client = try await OAuthTestClient.registered(at: server)
            client.verifier = String(repeating: "aZ09-._~", count: 16)
            let code = try await server.issuedCode(for: client)
            #expect(try await client.redeem(code, ["resource": TestServer.resource]).status == 200)
        }
    }

    @Test("TK-5: redirect_uri may be left out, as OAuth 2.1 has it")
    func withoutRedirectURI() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            #expect(try await client.redeem(code, ["redirect_uri": nil]).status == 200)
        }
    }

    @Test(
        "TK-4, D-14: a wrong or malformed verifier is invalid_grant and keeps the code",
        arguments: [
            "wrong-verifier-wrong-verifier-wrong-verifier-1234", "short", String(repeating: "a", count: 42),
            String(repeating: "a", count: 129), "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ ",
            "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG+/=",
        ]
    )
    func wrongVerifier(verifier: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            #expect(try await client.redeem(code, ["code_verifier": verifier]).isError(400, "invalid_grant"))
            #expect(try await client.redeem(code).status == 200)
        }
    }

    @Test("D-13: no verifier, no token, and the code stays")
    func missingVerifier() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            // No number of such requests burns the code, because no verifier was tried.
            for _ in 0..<6 {
                #expect(try await client.redeem(code, ["code_verifier": nil]).isError(400, "invalid_request"))
            }
            #expect(try await client.redeem(code).status == 200)
        }
    }

    @Test(
        "TK-5, D-19: another redirect_uri is invalid_grant, port included, and keeps the code",
        arguments: [
            "http://127.0.0.1:51005/callback", "http://127.0.0.1/callback", "http://localhost:51004/callback",
            "http://127.0.0.1:51004/callback/", "http://127.0.0.1:51004/Callback", "https://127.0.0.1:51004/callback",
        ]
    )
    func wrongRedirectURI(redirectURI: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            #expect(try await client.redeem(code, ["redirect_uri": redirectURI]).isError(400, "invalid_grant"))
            #expect(try await client.redeem(code).status == 200)
        }
    }

    @Test("TK-5: the port of the authorization request counts, not the registered one")
    func requestedPort() async throws {
        try await TestServer.run { server in
            var client = try await OAuthTestClient.registered(at: server)
            let registered = client.redirectURI
            client.redirectURI = "http://127.0.0.1:60001/callback"
            let code = try await server.issuedCode(for: client)
            #expect(try await client.redeem(code, ["redirect_uri": registered]).isError(400, "invalid_grant"))
            #expect(try await client.redeem(code).status == 200)
        }
    }

    @Test("TK-7, D-18: another client's code is invalid_grant, for public and confidential clients")
    func otherClient() async throws {
        try await TestServer.run { server in
            let owner = try await OAuthTestClient.registered(at: server)
            let stranger = try await OAuthTestClient.registered(at: server)
            var (confidential, secret) = try await server.confidentialClient("client_secret_post")
            confidential.secret = secret
            confidential.redirectURI = owner.redirectURI
            let code = try await server.issuedCode(for: owner)
            #expect(try await stranger.redeem(code).isError(400, "invalid_grant"))
            #expect(try await confidential.redeem(code).isError(400, "invalid_grant"))
            #expect(try await owner.redeem(code).status == 200)
        }
    }

    @Test("D-20, TK-7: a code expires after 60 s")
    func expiry() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let early = try await server.issuedCode(for: client)
            server.clock.advance(by: .seconds(59))
            #expect(try await client.redeem(early).status == 200)
            let late = try await server.issuedCode(for: client)
            server.clock.advance(by: .seconds(60))
            #expect(try await client.redeem(late).isError(400, "invalid_grant"))
        }
    }

    @Test(
        "TK-7: codes that were never issued are invalid_grant",
        arguments: ["gc_unknown", "x", "%00", "ts_AAAAAAAAAAAAAAAAAAAAAA"]
    )
    func unknownCode(code: String) async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            #expect(try await client.redeem(code).isError(400, "invalid_grant"))
        }
    }

    @Test("TK-4: five failures burn the code, four do not")
    func burning() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let wrong = String(repeating: "w", count: 43)
            let kept = try await server.issuedCode(for: client)
            for _ in 0..<4 { _ = try await client.redeem(kept, ["code_verifier": wrong]) }
            #expect(try await client.redeem(kept).status == 200)
            let burnt = try await server.issuedCode(for: client)
            for _ in 0..<5 { _ = try await client.redeem(burnt, ["code_verifier": wrong]) }
            #expect(try await client.redeem(burnt).isError(400, "invalid_grant"))
        }
    }

    @Test("RI-2, D-45: a resource that differs, is unknown or malformed is invalid_target and keeps the code")
    func resources() async throws {
        try await TestServer.run(configure: TestServer.addSecondResource) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            for resource in [
                TestServer.secondResource, "https://unknown.example/mcp", TestServer.resource + "#fragment",
                "http://169.254.169.254/", "mcp",
            ] {
                let answer = try await client.redeem(code, ["resource": resource])
                #expect(answer.isError(400, "invalid_target"), "\(resource)")
            }
            let both =
                client.redemption(code) + [
                    ("resource", TestServer.resource), ("resource", TestServer.secondResource),
                ]
            #expect(try await client.token(both).isError(400, "invalid_target"))
            #expect(try await client.redeem(code, ["resource": TestServer.resource]).status == 200)
        }
    }

    @Test("RI-2: the same resource twice, in two spellings, is one")
    func resourceTwice() async throws {
        try await TestServer.run(configure: TestServer.addSecondResource) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let twice =
                client.redemption(code) + [
                    ("resource", TestServer.resource), ("resource", "https://MCP.example.com/mcp"),
                ]
            #expect(try await client.token(twice).status == 200)
        }
    }

    @Test("FD-6: the resource may be spelled as SDKs spell it, the audience is the registered spelling")
    func resourceSpelling() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let answer = try await client.redeem(code, ["resource": "HTTPS://MCP.example.com/mcp"])
            #expect(try DecodedToken(answer.accessToken).claims["aud"] == .string(TestServer.resource))
        }
    }

    @Test("TK-10: a client without the grant gets no refresh token; offline_access alone is enough")
    func refreshTokenOnlyWhenWanted() async throws {
        try await TestServer.run { server in
            var client = OAuthTestClient(
                issuer: server.issuer,
                transport: server.transport,
                resource: TestServer.resource
            )
            let registration = try await client.register([
                "redirect_uris": [.string(client.redirectURI)], "grant_types": ["authorization_code"],
                "token_endpoint_auth_method": "none",
            ])
            client.id = try #require(registration["client_id"])
            client.scope = "mcp:read"
            let without = try await client.redeem(try await server.issuedCode(for: client))
            #expect(without.status == 200 && without["refresh_token"] == nil)
            client.scope = "mcp:read offline_access"
            let with = try await client.redeem(try await server.issuedCode(for: client))
            #expect(try await client.refresh(with.refreshToken).status == 200)
        }
    }
}
