import DevelopmentIdentityProvider
import OAuthProtocol
import OutboundHTTP
import Testing

@Suite("Signing in with OpenID Connect")
struct SignInTests {
    @Test("the whole flow: discovery, code, ID token that the JWK Set verifies, userinfo, refresh")
    func wholeFlow() async throws {
        try await TestWorld.run { world in
            let discovery = try await world.get(.discovery).json()
            #expect(discovery["issuer"] == .string(world.provider.issuer))
            #expect(discovery["token_endpoint"] == .string(world.provider.url(of: .token)))

            let redirect = try await world.get(.authorization, query: TestWorld.authorizationQuery).redirectParameters()
            #expect(redirect.values("state") == ["st4te"])
            #expect(redirect.values("iss") == [world.provider.issuer])

            let tokens = try await world.redeem(try #require(redirect.values("code").first)).json()
            #expect(tokens["expires_in"] == 3600)
            #expect(tokens["token_type"] == "Bearer")
            let claims = try await world.verified(tokens["id_token"]?.stringValue)
            #expect(claims["iss"] == .string(world.provider.issuer))
            #expect(claims["aud"] == "gatehouse")
            #expect(claims["sub"] == "ada")
            #expect(claims["nonce"] == "n0nce")
            #expect(claims["email_verified"] == true)
            try RegisteredClaims(claims).checkDates(now: world.time.now(), clockSkewSeconds: 0)

            let user = try await world.userInfo(try tokens.text("access_token")).json()
            #expect(user["sub"] == "ada")
            #expect(user["name"] == "Ada Lovelace")

            let renewed = try await world.refresh(try tokens.text("refresh_token")).json()
            #expect(try renewed.text("refresh_token") != tokens.text("refresh_token"))
            #expect(try await world.userInfo(try renewed.text("access_token")).status == 200)
        }
    }

    @Test("the page asks who signs in, once, and can be cancelled")
    func page() async throws {
        try await TestWorld.run({ $0.signIn = .form }) { world in
            let handle = try await world.handle()
            let answer = try await world.post(.signIn, [("request", handle), ("user", "grace")])
            let code = try #require(try answer.redirectParameters().values("code").first)
            let claims = try await world.verified(try await world.redeem(code).json()["id_token"]?.stringValue)
            #expect(claims["sub"] == "grace")
            #expect(claims["email_verified"] == false)
            #expect(try await world.post(.signIn, [("request", handle), ("user", "grace")]).status == 400)

            let cancelled = try await world.post(
                .signIn,
                [("request", try await world.handle()), ("decision", "deny")]
            )
            #expect(try cancelled.redirectParameters().values("error") == ["access_denied"])
        }
    }

    @Test("a page that was left open too long is refused")
    func pageExpires() async throws {
        try await TestWorld.run({ $0.signIn = .form }) { world in
            let handle = try await world.handle()
            world.time.advance(by: .seconds(601))
            #expect(try await world.post(.signIn, [("request", handle), ("user", "ada")]).status == 400)
        }
    }

    @Test("prompt=none answers a browser that has signed in, and login_required to others")
    func promptNone() async throws {
        try await TestWorld.run({ $0.signIn = .form }) { world in
            let query = TestWorld.authorizationQuery(["prompt": "none"])
            let stranger = try await world.get(.authorization, query: query).redirectParameters()
            #expect(stranger.values("error") == ["login_required"])
            #expect(stranger.values("state") == ["st4te"])

            let signedIn = try await world.post(.signIn, [("request", try await world.handle()), ("user", "ada")])
            let cookie = try #require(signedIn.values(of: "Set-Cookie").first?.split(separator: ";").first)
            let known = try await world.get(.authorization, query: query, fields: [("Cookie", String(cookie))])
            #expect(try known.redirectParameters().values("code").count == 1)

            _ = try await world.get(.endSession, fields: [("Cookie", String(cookie))])
            let gone = try await world.get(.authorization, query: query, fields: [("Cookie", String(cookie))])
            #expect(try gone.redirectParameters().values("error") == ["login_required"])
        }
    }

    @Test("what a client asked for cannot bring elements into the page")
    func pageEscapes() async throws {
        try await TestWorld.run({ $0.signIn = .form }) { world in
            let query = TestWorld.authorizationQuery(["scope": "<script>alert('1')</script>"])
            let page = try await world.get(.authorization, query: query).text
            #expect(page.contains("&lt;script&gt;alert(&#39;1&#39;)"))
            #expect(!page.contains("<script"))
        }
    }

    @Test("login_hint chooses the user in automatic mode")
    func hint() async throws {
        try await TestWorld.run { world in
            let tokens = try await world.signIn(["login_hint": "grace@example.com"])
            #expect(try await world.verified(tokens["id_token"]?.stringValue)["sub"] == "grace")
        }
    }
}

extension TestWorld {
    /// The hidden field of a fresh sign-in page.
    func handle() async throws -> String {
        let page = try await get(.authorization, query: TestWorld.authorizationQuery)
        #expect(page.status == 200)
        let start = try #require(page.text.firstRange(of: #"name="request" value=""#)?.upperBound)
        return String(page.text[start...].prefix { $0 != "\"" })
    }
}
