import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import Testing

@Suite("OpenID Connect Core 1.0 §3.1.3: ID tokens of ours (OP-1, OP-5)")
struct IDTokenIssueTests {
    @Test("OP-1: with openid there is an ID token for the client, bound to nonce, login and access token")
    func issued() async throws {
        try await TestServer.run { server in
            let client = try await OpenIDScene.client(at: server)
            let browser = TestBrowser(transport: server.transport)
            let loginTime = server.clock.now().secondsSinceEpoch
            let answer = try await client.authorize(with: browser, at: server, ["nonce": "n-\u{e9}&1"])
            server.clock.advance(by: .seconds(30))
            let tokens = try await client.redeem(try #require(answer["code"]))
            let claims = try await OpenIDScene.claims(of: try #require(tokens["id_token"]), at: server)
            let accessToken = try #require(tokens["access_token"])
            let access = try OpenIDScene.claims(ofAccessToken: accessToken)
            let now = Int(server.clock.now().secondsSinceEpoch)
            #expect(claims["iss"]?.stringValue == server.issuer)
            #expect(claims["aud"]?.stringValue == client.id)
            #expect(claims["sub"] == access["sub"])
            #expect(claims["nonce"]?.stringValue == "n-\u{e9}&1")
            #expect(claims["iat"]?.integerValue == now)
            #expect(claims["exp"]?.integerValue == now + 3600)
            #expect(claims["auth_time"]?.integerValue == Int(loginTime))
            let half = Base64URL.encode(Array(SHA256.hash(accessToken).bytes.prefix(16)))
            #expect(claims["at_hash"]?.stringValue == half)
            // OP-3, JW-3: the user's name is in userinfo only.
            #expect(claims["email"] == nil && claims["name"] == nil)
        }
    }

    @Test("OP-1: without openid there is none, whatever nonce was sent")
    func withoutOpenID() async throws {
        try await TestServer.run { server in
            let client = try await OpenIDScene.client(at: server, scope: "profile mcp:read offline_access")
            let browser = TestBrowser(transport: server.transport)
            let answer = try await client.authorize(with: browser, at: server, ["nonce": "n"])
            let tokens = try await client.redeem(try #require(answer["code"]))
            #expect(tokens.status == 200)
            #expect(tokens["id_token"] == nil)
            let refreshed = try await client.refresh(try #require(tokens["refresh_token"]))
            #expect(refreshed.status == 200 && refreshed["id_token"] == nil)
        }
    }

    @Test("OP-1: a refreshed ID token keeps login time and subject, and has no nonce")
    func refreshed() async throws {
        try await TestServer.run { server in
            let client = try await OpenIDScene.client(at: server)
            let browser = TestBrowser(transport: server.transport)
            let answer = try await client.authorize(with: browser, at: server, ["nonce": "n"])
            let tokens = try await client.redeem(try #require(answer["code"]))
            server.clock.advance(by: .seconds(3600))
            let second = try await client.refresh(try #require(tokens["refresh_token"]))
            let before = try JSONWebToken.unverifiedClaims(
                of: try CompactJWS(parsing: try #require(tokens["id_token"]))
            )
            let after = try await OpenIDScene.claims(of: try #require(second["id_token"]), at: server)
            #expect(after["nonce"] == nil)
            #expect(after["sub"] == before["sub"] && after["auth_time"] == before["auth_time"])
            #expect(after["iat"] != before["iat"] && after["at_hash"] != before["at_hash"])
            let narrowed = try await client.refresh(
                try #require(second["refresh_token"]),
                [("scope", "mcp:read")]
            )
            #expect(narrowed.status == 200 && narrowed["id_token"] == nil)
        }
    }

    @Test("D-36, JW-6: an ID token is no access token anywhere, and an access token is no ID token")
    func confusion() async throws {
        try await TestServer.run { server in
            let client = try await OpenIDScene.client(at: server)
            let tokens = try await client.tokens(at: server)
            let idToken = try #require(tokens["id_token"])
            let info = try await OpenIDScene.userInfo(idToken, at: server)
            #expect(info.status == 401 && info.error == "invalid_token")
            #expect(try await client.exchange(idToken).error == "invalid_grant")
            let keys = try await OpenIDScene.keySet(at: server)
            #expect(throws: JOSEError.self) {
                _ = try JSONWebToken.verified(
                    try #require(tokens["access_token"]),
                    keys: keys,
                    algorithms: Set(SignatureAlgorithm.allCases),
                    types: ["JWT"]
                )
            }
        }
    }

    @Test("OP-1, MD-5: the metadata names what is issued; without the scope there is neither key nor endpoint")
    func metadata() async throws {
        try await TestServer.run { server in
            _ = try await OpenIDScene.client(at: server).tokens(at: server)
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let json = try await client.send("GET", "/.well-known/openid-configuration").json
            #expect(json["id_token_signing_alg_values_supported"] == ["RS256"])
            #expect(json["userinfo_endpoint"]?.stringValue == server.issuer + "/oauth/userinfo")
            #expect(try await OpenIDScene.keySet(at: server).keys.contains { $0.algorithm == .rs256 })
        }
        try await TestServer.run(configure: { $0.scopes = ScopeSet(["mcp:read"]) }) { server in
            let client = OAuthTestClient(issuer: server.issuer, transport: server.transport, resource: nil)
            let json = try await client.send("GET", "/.well-known/openid-configuration").json
            #expect(json["userinfo_endpoint"] == nil)
            let info = try await OpenIDScene.userInfo("x", at: server)
            #expect(info.status == 404)
        }
    }

    @Test("OP-4: subjects are public: one user has one sub at every client, and no other kind is advertised")
    func publicSubjects() async throws {
        try await TestServer.run { server in
            var subjects: Set<String> = []
            for _ in 0..<2 {
                let token = try #require(
                    try await OpenIDScene.client(at: server).tokens(at: server)["id_token"]
                )
                subjects.insert(try #require(try await OpenIDScene.claims(of: token, at: server)["sub"]?.stringValue))
            }
            #expect(subjects.count == 1)
            let metadata = try await server.visitor.send("GET", "/.well-known/openid-configuration").json
            #expect(metadata["subject_types_supported"] == ["public"])
            let pairwise = try await server.visitor.register([
                "redirect_uris": ["http://127.0.0.1/cb"], "subject_type": "pairwise",
            ])
            #expect(pairwise.status == 201)
            #expect(pairwise.json["subject_type"] == nil)
        }
    }

    @Test("MD-9: a forced rotation brings another key for ID tokens; the old one stays published for its tokens")
    func rotation() async throws {
        try await TestServer.run { server in
            let client = try await OpenIDScene.client(at: server)
            let before = try #require(try await client.tokens(at: server)["id_token"])
            let rotated = try await client.send(
                "POST",
                server.managementURL + "/admin/keys/rotate?force=true",
                headerFields: [("authorization", "Bearer admin-token-for-tests")]
            )
            #expect(rotated.status == 200)
            let after = try #require(try await client.tokens(at: server)["id_token"])
            let keyIDs = try [before, after].map { try CompactJWS(parsing: $0).header.keyID }
            #expect(keyIDs[0] != keyIDs[1])
            for token in [before, after] { _ = try await OpenIDScene.claims(of: token, at: server) }
        }
    }

    @Test("OP-5: login_hint, acr_values, max_age and prompt reach the identity provider")
    func forwarded() async throws {
        try await TestServer.run { server in
            let client = try await OpenIDScene.client(at: server)
            let browser = TestBrowser(transport: server.transport)
            let page = try await browser.get(
                client.authorizationURL([
                    "login_hint": "ada@example.com", "acr_values": "urn:mfa", "max_age": "300", "prompt": "login",
                ])
            )
            let answer = try await browser.post(
                server.issuer + "/oauth/consent",
                form: [("ticket", try #require(page.hiddenFields["ticket"])), ("decision", "approve")]
            )
            let sent = OAuthTestClient.parameters(of: try #require(answer.header("location")))
            #expect(sent["login_hint"] == "ada@example.com")
            #expect(sent["acr_values"] == "urn:mfa")
            #expect(sent["max_age"] == "300")
            #expect(sent["prompt"] == "login")
        }
    }

    @Test("OP-5: a client that demands a recent login does not get an old one")
    func maximumAge() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.remembersSignIn = true
        try await TestServer.run(provider: provider) { server in
            let client = try await OpenIDScene.client(at: server)
            let browser = TestBrowser(transport: server.transport)
            #expect(try await client.authorize(with: browser, at: server)["code"] != nil)
            server.clock.advance(by: .seconds(1000))
            let old = try await client.authorize(with: browser, at: server, ["max_age": "2000"])
            #expect(old["code"] != nil)
            let refused = try await client.authorize(with: browser, at: server, ["max_age": "300"])
            #expect(refused["code"] == nil && refused["error"] == "login_required")
        }
    }

    @Test("AZ-19, OP-5: prompt=none never shows a page, and excludes every other prompt")
    func promptNone() async throws {
        try await TestServer.run { server in
            let client = try await OpenIDScene.client(at: server)
            let browser = TestBrowser(transport: server.transport)
            for (prompt, error) in [("none", "consent_required"), ("none login", "invalid_request")] {
                let page = try await browser.get(client.authorizationURL(["prompt": prompt]))
                #expect(page.status == 302)
                let parameters = OAuthTestClient.parameters(of: page.header("location") ?? "")
                #expect(parameters["error"] == error)
            }
            let page = try await browser.get(client.authorizationURL(["max_age": "-1"]))
            #expect(OAuthTestClient.parameters(of: page.header("location") ?? "")["error"] == "invalid_request")
        }
    }
}
