import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("OpenID Connect Core 1.0 §5.3: userinfo (OP-2, OP-3)")
struct UserInfoTests {
    @Test("OP-2: the claims of the granted scopes, by GET and POST")
    func claims() async throws {
        try await TestServer.run { server in
            let tokens = try await OpenIDScene.client(at: server).tokens(at: server)
            let token = try #require(tokens["access_token"])
            let subject = try OpenIDScene.claims(ofAccessToken: token)["sub"]
            for method in ["GET", "POST"] {
                let answer = try await OpenIDScene.userInfo(token, at: server, method: method)
                #expect(answer.status == 200)
                #expect(answer.header("cache-control") == "no-store")
                let expected: JSONObject = [
                    "sub": subject ?? .null, "name": "Ada Lovelace", "email": "ada@example.com", "email_verified": true,
                ]
                #expect(answer.json == expected)
            }
        }
    }

    @Test("OP-3: no more than the scopes allow, and no unverified address")
    func scopes() async throws {
        try await TestServer.run { server in
            for (scope, user, names) in [
                ("openid mcp:read", "ada", ["sub"]), ("openid profile mcp:read", "ada", ["name", "sub"]),
                ("openid email mcp:read", "ada", ["email", "email_verified", "sub"]),
                ("openid email profile mcp:read", "grace", ["name", "sub"]),
            ] {
                let tokens = try await OpenIDScene.client(at: server, scope: scope).tokens(at: server, as: user)
                let token = try #require(tokens["access_token"])
                let answer = try await OpenIDScene.userInfo(token, at: server)
                #expect(answer.json.names.sorted() == names, "\(scope) of \(user)")
            }
        }
    }

    @Test("D-48: a token that is not ours is a mistake and no guess: other clients of the source are served")
    func foreignTokens() async throws {
        try await TestServer.run(configure: { $0.limits.failuresPerSource = .init(burst: 2, perMinute: 1) }) { server in
            let tokens = try await OpenIDScene.client(at: server).tokens(at: server)
            for _ in 0..<6 {
                #expect(try await OpenIDScene.userInfo("a.b.c", at: server).status == 401)
            }
            let token = try #require(tokens["access_token"])
            #expect(try await OpenIDScene.userInfo(token, at: server).status == 200)
        }
    }

    @Test("OP-2, RFC 6750 §3.1: only a live access token with openid is accepted; others get a challenge")
    func refused() async throws {
        try await TestServer.run { server in
            let none = try await OpenIDScene.userInfo(nil, at: server)
            #expect(none.status == 401 && none.header("www-authenticate") == "Bearer")
            let tokens = try await OpenIDScene.client(at: server).tokens(at: server)
            let token = try #require(tokens["access_token"])
            for wrong in ["x", "a.b.c", token + "x", String(token.dropLast(4)), try #require(tokens["refresh_token"])] {
                let answer = try await OpenIDScene.userInfo(wrong, at: server)
                #expect(answer.status == 401 && answer.error == "invalid_token")
                #expect(answer.header("www-authenticate") == "Bearer error=\"invalid_token\"")
            }
            let inQuery = try await OpenIDScene.userInfo(nil, at: server, path: "/oauth/userinfo?access_token=\(token)")
            #expect(inQuery.status == 401)
            let plain = try await OpenIDScene.client(at: server, scope: "mcp:read").tokens(at: server)
            let plainToken = try #require(plain["access_token"])
            let insufficient = try await OpenIDScene.userInfo(plainToken, at: server)
            #expect(insufficient.status == 403 && insufficient.error == "insufficient_scope")
            #expect(insufficient.header("www-authenticate")?.contains("scope=\"openid\"") == true)
        }
    }

    @Test("OP-2, D-70: a token that has expired, or whose session has ended, returns no claim")
    func dead() async throws {
        try await TestServer.run { server in
            let client = try await OpenIDScene.client(at: server)
            let first = try await client.tokens(at: server)
            let second = try await client.tokens(at: server)
            let revoked = try #require(first["access_token"])
            let form = FormParameters.serialize([
                ("token", try #require(first["refresh_token"])), ("client_id", client.id),
            ])
            _ = try await client.send(
                "POST",
                "/oauth/revoke",
                headerFields: [("content-type", "application/x-www-form-urlencoded")],
                body: Array(form.utf8)
            )
            let afterRevocation = try await OpenIDScene.userInfo(revoked, at: server)
            #expect(afterRevocation.status == 401)
            let live = try #require(second["access_token"])
            let answer = try await OpenIDScene.userInfo(live, at: server)
            #expect(answer.status == 200)
            server.clock.advance(by: .seconds(3601))
            let expired = try await OpenIDScene.userInfo(live, at: server)
            #expect(expired.status == 401)
        }
    }

    @Test("CX-1: browsers may ask from any origin, preflight included")
    func crossOrigin() async throws {
        try await TestServer.run { server in
            let preflight = try await OpenIDScene.userInfo(nil, at: server, method: "OPTIONS")
            #expect(preflight.status == 204)
            #expect(preflight.header("access-control-allow-methods") == "GET, POST")
            for answer in [preflight, try await OpenIDScene.userInfo("x", at: server)] {
                #expect(answer.header("access-control-allow-origin") == "*")
            }
        }
    }
}
