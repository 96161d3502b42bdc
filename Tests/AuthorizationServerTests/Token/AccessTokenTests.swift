import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration
import Testing

/// RFC 9068: what is in our tokens (JW-1…5, RI-3, RI-4).
@Suite("Access tokens")
struct AccessTokenTests {
    @Test("JW-1, RI-3: header and claims, member by member")
    func contents() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let token = try DecodedToken(tokens.accessToken)
            let keyID = server.server.keys.current.active.keyID
            #expect(token.header == ["alg": "ES256", "kid": .string(keyID), "typ": "at+jwt"])
            let claims = token.claims
            let now = server.clock.now().secondsSinceEpoch
            #expect(
                Set(claims.names) == [
                    "iss", "sub", "aud", "client_id", "scope", "tsid", "jti", "iat", "exp", "auth_time",
                ]
            )
            #expect(claims["iss"] == .string(server.issuer))
            // A string and not an array, the resource and nothing else.
            #expect(claims["aud"] == .string(TestServer.resource))
            #expect(claims["client_id"] == .string(client.id))
            // `offline_access` is for us, not for the resource server.
            #expect(claims["scope"] == "mcp:read")
            #expect(claims["iat"]?.integerValue == Int(now))
            #expect(claims["exp"]?.integerValue == Int(now) + 3600)
            #expect(tokens.json["expires_in"]?.integerValue == 3600)
            #expect(claims["auth_time"]?.integerValue == Int(now))
            #expect(claims["sub"]?.stringValue?.hasPrefix("u_") == true)
            #expect(claims["tsid"]?.stringValue?.hasPrefix("ts_") == true)
            // JW-4.
            #expect(try tokens.accessToken.utf8.count < 4096)
        }
    }

    @Test(
        "JW-5: the published key verifies the signature, of 64 bytes with ES256",
        arguments: [SignatureAlgorithm.es256, .edDSA, .rs256]
    )
    func signature(algorithm: SignatureAlgorithm) async throws {
        try await TestServer.run(configure: { $0.signing.algorithm = algorithm }) { server in
            let (client, tokens) = try await server.loggedIn()
            let document = try await client.send("GET", "/.well-known/jwks.json")
            let keys = try JSONWebKeySet(parsing: document.json.serialized())
            let verifier = AccessTokenVerifier(issuer: server.issuer)
            let token = try tokens.accessToken
            let claims = try verifier.verify(token, keys: keys, now: server.clock.now())
            #expect(claims.clientID == client.id)
            let jws = try CompactJWS(parsing: token)
            #expect(jws.header.algorithm == algorithm)
            #expect(jws.signature.count == (algorithm == .rs256 ? 256 : 64))
        }
    }

    @Test("JW-3: tsid and auth_time stay over refreshes, jti and iat do not; a new login has a new tsid")
    func overRefreshes() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let first = try DecodedToken(tokens.accessToken).claims
            server.clock.advance(by: .seconds(100))
            let refreshed = try DecodedToken(try await client.refresh(tokens.refreshToken).accessToken).claims
            for name in ["iss", "sub", "aud", "client_id", "scope", "tsid", "auth_time"] {
                #expect(refreshed[name] == first[name], "\(name)")
            }
            #expect(refreshed["jti"] != first["jti"])
            let issuedAt = try #require(first["iat"]?.integerValue)
            #expect(refreshed["iat"]?.integerValue == issuedAt + 100)
            #expect(refreshed["exp"]?.integerValue == issuedAt + 3700)
            let again = try DecodedToken(try await client.tokens(at: server).accessToken).claims
            #expect(again["tsid"] != first["tsid"])
            // JW-2: the same user has the same sub for another client.
            #expect(again["sub"] == first["sub"])
            let other = try DecodedToken(try await server.loggedIn().tokens.accessToken).claims
            #expect(other["sub"] == first["sub"])
            #expect(other["tsid"] != first["tsid"])
        }
    }

    @Test("JW-2, JW-3, D-46: subjects are opaque, differ by person, and carry nothing about the person")
    func subjects() async throws {
        try await TestServer.run { server in
            let ada = try await server.loggedIn(as: "ada")
            let grace = try await server.loggedIn(as: "grace")
            let adaClaims = try DecodedToken(ada.tokens.accessToken).claims
            #expect(adaClaims["sub"] != (try DecodedToken(grace.tokens.accessToken).claims["sub"]))
            #expect(adaClaims["sub"] != adaClaims["client_id"])
            let text = String(decoding: adaClaims.serialized(), as: UTF8.self).lowercased()
            for word in ["ada@", "lovelace", "9007199254740993", "corp"] {
                #expect(!text.contains(word))
            }
        }
    }

    @Test("RI-4: a scope of another resource does not come into the token")
    func scopesOfOtherResources() async throws {
        try await TestServer.run(configure: TestServer.addSecondResource) { server in
            var client = try await OAuthTestClient.registered(at: server)
            client.scope = "mcp:read mcp:write tools:run offline_access"
            let tokens = try await client.tokens(at: server)
            #expect(tokens["scope"] == "mcp:read mcp:write offline_access")
            #expect(try DecodedToken(tokens.accessToken).claims["scope"] == "mcp:read mcp:write")
            client.resource = TestServer.secondResource
            let tools = try await client.tokens(at: server)
            let claims = try DecodedToken(tools.accessToken).claims
            #expect(claims["aud"] == .string(TestServer.secondResource))
            #expect(claims["scope"] == "mcp:read tools:run")
        }
    }

    @Test("JW-4: the lifetime is the configured one")
    func lifetime() async throws {
        try await TestServer.run(configure: { $0.tokens.accessTokenLifetime = .seconds(300) }) { server in
            let (client, tokens) = try await server.loggedIn()
            #expect(tokens.json["expires_in"]?.integerValue == 300)
            let claims = try DecodedToken(tokens.accessToken).claims
            let issuedAt = try #require(claims["iat"]?.integerValue)
            #expect(claims["exp"]?.integerValue == issuedAt + 300)
            server.clock.advance(by: .seconds(299))
            #expect(try await client.exchange(tokens.accessToken).status == 200)
            server.clock.advance(by: .seconds(1))
            #expect(try await client.exchange(tokens.accessToken).isError(400, "invalid_grant"))
        }
    }

    @Test("JW-4, TK-9: a token does not outlive a session that is not refreshed")
    func idleSession() async throws {
        try await TestServer.run {
            $0.tokens.accessTokenLifetime = .seconds(86_400)
            $0.tokens.refreshTokenLifetime = .seconds(3600)
        } _: { server in
            let (client, tokens) = try await server.loggedIn()
            #expect(tokens.json["expires_in"]?.integerValue == 3600)
            server.clock.advance(by: .seconds(1800))
            let refreshed = try await client.refresh(tokens.refreshToken)
            #expect(refreshed.json["expires_in"]?.integerValue == 3600)
            server.clock.advance(by: .seconds(3599))
            #expect(try await client.exchange(refreshed.accessToken).status == 200)
        }
    }

    @Test("TK-10: without a refresh token the session lives as long as its one token")
    func sessionWithoutRefreshToken() async throws {
        try await TestServer.run { server in
            var client = OAuthTestClient(
                issuer: server.issuer,
                transport: server.transport,
                resource: TestServer.resource
            )
            client.id = try #require(
                try await client.register([
                    "redirect_uris": [.string(client.redirectURI)], "grant_types": ["authorization_code"],
                ])["client_id"]
            )
            client.scope = "mcp:read"
            let tokens = try await client.tokens(at: server)
            #expect(tokens["refresh_token"] == nil)
            server.clock.advance(by: .seconds(3599))
            #expect(try await client.exchange(tokens.accessToken).status == 200)
            server.clock.advance(by: .seconds(1))
            #expect(try await client.exchange(tokens.accessToken).isError(400, "invalid_grant"))
        }
    }
}
