import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import Testing

@Suite("ID-JAG: tokens for users whom a trusted identity provider vouches for")
struct IdentityAssertionGrantTests {
    @Test("JB-1, JB-6: an assertion brings an access token for its resource, without a refresh token")
    func accepted() async throws {
        try await TrustedIssuerScene.run { scene in
            let answer = try await scene.present(try scene.identityAssertion())
            #expect(answer.status == 200 && answer["token_type"] == "Bearer" && answer["scope"] == "mcp:read mcp:write")
            #expect(answer["refresh_token"] == nil && answer["id_token"] == nil)
            let claims = try scene.claims(of: answer)
            #expect(
                claims["aud"]?.stringValue == TestServer.resource && claims["client_id"]?.stringValue == "assistant"
            )
            #expect(claims["sub"]?.stringValue?.hasPrefix("u_") == true && claims["tsid"]?.stringValue != nil)
            let token = try #require(answer["access_token"])
            #expect(try await scene.server.visitor.introspect(token).json["active"] == true)
            let events = try scene.server.auditEvents("token.issued")
            #expect(events.last?["issuer"]?.stringValue == TrustedIssuerScene.issuer)
            #expect(events.last?["grant_type"]?.stringValue == TrustedIssuerScene.jwtBearer)
        }
    }

    @Test("JB-8: one account is one user; another subject, or another tenant, is another user")
    func users() async throws {
        try await TrustedIssuerScene.run(adjust: { $0.identityAssertions?.tenantClaim = "org.tenant" }) { scene in
            func user(_ changes: [String: JSONValue?]) async throws -> String? {
                try scene.claims(of: try await scene.present(try scene.identityAssertion(changes)))["sub"]?.stringValue
            }
            let first = try await user(["org": ["tenant": "t1"]])
            #expect(try await user(["org": ["tenant": "t1"]]) == first)
            #expect(try await user(["org": ["tenant": "t2"]]) != first)
            #expect(try await user(["org": ["tenant": "t1"], "sub": "user-18"]) != first)
            for tenant in [nil, "", ["x"], "t1/user"] as [JSONValue?] {
                let answer = try await scene.present(
                    try scene.identityAssertion(["org": tenant.map { ["tenant": $0] }])
                )
                #expect(answer.isError(400, "invalid_grant"))
            }
        }
    }

    @Test("JB-8, JB-10: the user who logs in through an upstream of that issuer is the same; others get a connect_uri")
    func linked() async throws {
        try await TrustedIssuerScene.run { scene in
            let provider = scene.server.provider.issuer
            let unlinked = try await scene.present(try scene.identityAssertion())
            let refusal = try await scene.server.visitor.exchange(try #require(unlinked["access_token"]))
            #expect(refusal.isError(400, "interaction_required"))
            #expect(refusal["connect_uri"]?.hasPrefix(scene.server.issuer) == true && !provider.isEmpty)
        }
        let key = try TestClientKey("provider")
        try await TestServer.run(configure: { configuration in
            var trusted = Configuration.TrustedIssuer(issuer: configuration.upstreams[0].issuer ?? "")
            trusted.allowsInsecureHTTP = true
            trusted.keySetURI = trusted.issuer + "/jwks"
            trusted.allowsPrivateNetwork = true
            var rules = Configuration.TrustedIssuer.IdentityAssertions()
            rules.resources = [TestServer.resource]
            trusted.identityAssertions = rules
            configuration.trustedIssuers = [trusted]
            configuration.clients = [AssertionScene.client(key, grants: [.jwtBearer])]
        }) { server in
            let (_, tokens) = try await server.loggedIn(as: "ada")
            let login = try JSONParser.parseObject(
                try CompactJWS(parsing: try #require(tokens["access_token"])).payload
            )
            let now = Int(server.clock.now().secondsSinceEpoch)
            let assertion = try server.provider.signedToken(
                [
                    "iss": .string(server.provider.issuer), "sub": "ada", "aud": .string(server.issuer), "jti": "j-1",
                    "iat": .integer(now), "exp": .integer(now + 300), "client_id": "provider",
                ],
                type: "oauth-id-jag+jwt"
            )
            let form = [("grant_type", TrustedIssuerScene.jwtBearer), ("assertion", assertion)]
            let answer = try await server.visitor.token(form + key.form(at: server, tokenID: "c-1"))
            let token = try #require(answer["access_token"])
            let claims = try JSONParser.parseObject(try CompactJWS(parsing: token).payload)
            #expect(claims["sub"] == login["sub"] && claims["tsid"] != login["tsid"])
            #expect(try await server.visitor.exchange(token).status == 200)
        }
    }

    @Test(
        "JB-2, JB-3, JB-4, JB-7: a single claim that is wrong is enough, and nothing is used up by it",
        arguments: [
            ("iss", "https://other.example"), ("iss", nil), ("sub", nil), ("sub", ""), ("aud", "https://other.example"),
            ("aud", nil), ("exp", 1), ("exp", nil), ("iat", 1), ("iat", nil), ("jti", nil), ("client_id", "other"),
            ("client_id", nil), ("client_id", ["assistant"]), ("cnf", ["jkt": "x"]),
            ("authorization_details", [["type": "payment"]]), ("act", ["sub": "x"]), ("scope", ["mcp:read"]),
            ("resource", "https://other.example/mcp"), ("resource", []), ("resource", 7),
        ] as [(String, JSONValue?)]
    )
    func wrongClaim(name: String, value: JSONValue?) async throws {
        try await TrustedIssuerScene.run { scene in
            let id: [String: JSONValue?] = ["jti": "the-same"]
            let refusal = try await scene.present(
                try scene.identityAssertion(id.merging([name: value]) { $1 })
            )
            #expect(refusal.isError(400, "invalid_grant"), "\(name)")
            let events = try scene.server.auditEvents("assertion.refused")
            #expect(events.count == 1 && events[0]["client_id"]?.stringValue == "assistant")
            #expect(try await scene.present(try scene.identityAssertion(id)).status == 200)
        }
    }

    @Test("JB-3: aud is our issuer alone: not the token endpoint, no further value, not another spelling")
    func audience() async throws {
        try await TrustedIssuerScene.run { scene in
            let issuer = scene.server.issuer
            for audience: JSONValue in [
                .string(issuer + "/"), .string(issuer + "/oauth/token"), [.string(issuer), "https://other.example"],
                .string(issuer.uppercased()),
            ] {
                let answer = try await scene.present(try scene.identityAssertion(["aud": audience]))
                #expect(answer.isError(400, "invalid_grant"))
            }
            #expect(try await scene.present(try scene.identityAssertion(["aud": [.string(issuer)]])).status == 200)
        }
    }

    @Test("JB-1, D-30: another type, another key, an unsigned or an encrypted token is refused")
    func forgeries() async throws {
        try await TrustedIssuerScene.run { scene in
            let claims = scene.identityClaims()
            var forger = try TestClientKey(TrustedIssuerScene.issuer)
            forger.keyID = scene.key.keyID
            var texts = try ["JWT", "at+jwt", "dpop+jwt", "client-authentication+jwt"].map {
                try scene.sign(claims, type: .string($0))
            }
            texts.append(try scene.sign(claims, type: nil))
            texts.append(try forger.sign(claims, header: ["typ": "oauth-id-jag+jwt"]))
            let header = Base64URL.encode(Array(#"{"alg":"none","typ":"oauth-id-jag+jwt"}"#.utf8))
            texts += [
                header + "." + Base64URL.encode(claims.serialized()) + ".", "eyJhbGciOiJkaXIifQ..iv.text.tag",
                "nonsense",
            ]
            for text in texts {
                let answer = try await scene.present(text)
                #expect(answer.isError(400, "invalid_grant"), "\(text.prefix(40))")
            }
            #expect(try await scene.present("", [:]).error == "invalid_request")
            #expect(try await scene.present("x", ["assertion": nil]).error == "invalid_request")
        }
    }

    @Test("JB-2, D-90: an unknown issuer causes no fetch; unknown keys of the trusted one cause one in half a minute")
    func fetches() async throws {
        try await TrustedIssuerScene.run { scene in
            let stranger = try await scene.present(try scene.identityAssertion(["iss": "https://stranger.example"]))
            #expect(stranger.isError(400, "invalid_grant") && scene.host.requests.isEmpty)
            #expect(try await scene.present(try scene.identityAssertion(["exp": 1])).status == 400)
            #expect(scene.host.requests.isEmpty)
            var rotated = try TestClientKey(TrustedIssuerScene.issuer)
            rotated.keyID = "key-2"
            for _ in 0..<5 {
                let text = try rotated.sign(scene.identityClaims(), header: ["typ": "oauth-id-jag+jwt"])
                #expect(try await scene.present(text).isError(400, "invalid_grant"))
            }
            #expect(scene.fetchCount == 1)
            scene.server.clock.advance(by: .seconds(31))
            scene.host.serve(rotated.keySet, at: TrustedIssuerScene.keysURL)
            let text = try rotated.sign(scene.identityClaims(), header: ["typ": "oauth-id-jag+jwt"])
            #expect(try await scene.present(text).status == 200)
            #expect(scene.fetchCount == 2)
        }
    }

    @Test("JB-2: without the issuer's keys the answer is 503, and the assertion can be presented again")
    func unavailable() async throws {
        try await TrustedIssuerScene.run { scene in
            scene.host.serve([:], at: TrustedIssuerScene.keysURL, status: 500)
            let assertion = try scene.identityAssertion()
            #expect(try await scene.present(assertion).status == 503)
            scene.host.serve(scene.key.keySet, at: TrustedIssuerScene.keysURL)
            scene.server.clock.advance(by: .seconds(31))
            #expect(try await scene.present(assertion).status == 200)
        }
    }

    @Test(
        "JB-5: the resource of assertion, request and entry",
        arguments: [
            (nil, nil, nil), (TestServer.resource, nil, nil), (nil, TestServer.resource, nil),
            (TestServer.resource, TestServer.resource, nil),
            (nil, TestServer.secondResource, "invalid_grant"), (TestServer.secondResource, nil, "invalid_grant"),
            (TestServer.resource, TestServer.secondResource, "invalid_grant"),
            (nil, "https://nowhere.example", "invalid_target"),
        ] as [(String?, String?, String?)]
    )
    func resources(asserted: String?, requested: String?, error: String?) async throws {
        try await TrustedIssuerScene.run(configure: TestServer.addSecondResource) { scene in
            let assertion = try scene.identityAssertion(["resource": asserted.map(JSONValue.string)])
            let answer = try await scene.present(assertion, ["resource": requested])
            #expect(answer.error == error)
            if error == nil {
                #expect(try scene.claims(of: answer)["aud"]?.stringValue == TestServer.resource)
            }
        }
    }

    @Test(
        "JB-6: the scope is what assertion, request, entry and resource have in common",
        arguments: [
            ("mcp:read mcp:write", nil, nil, "mcp:read mcp:write", nil),
            ("mcp:read", "mcp:read mcp:write", nil, "mcp:read", nil),
            ("mcp:read mcp:write", "mcp:write", nil, "mcp:write", nil), (nil, nil, nil, "mcp:read mcp:write", nil),
            ("mcp:read mcp:write", nil, "mcp:write", "mcp:write", nil),
            ("mcp:read openid offline_access", nil, nil, "mcp:read", nil),
            ("mcp:read", "mcp:write", nil, nil, "invalid_scope"), ("admin", nil, nil, nil, "invalid_scope"),
            ("mcp:read", nil, "mcp:write", nil, "invalid_scope"), ("openid", nil, nil, nil, "invalid_scope"),
        ] as [(String?, String?, String?, String?, String?)]
    )
    func scopes(asserted: String?, requested: String?, allowed: String?, granted: String?, error: String?) async throws
    {
        try await TrustedIssuerScene.run(
            adjust: {
                $0.identityAssertions?.scopes = allowed.map { ScopeSet($0.split(separator: " ").map(String.init)) }
            }
        ) { scene in
            let assertion = try scene.identityAssertion(["scope": asserted.map(JSONValue.string)])
            let answer = try await scene.present(assertion, ["scope": requested])
            #expect(answer["scope"] == granted && answer.error == error)
        }
    }

    @Test("JB-4, CA-6: the client proves itself, is registered for the grant, and is one that the entry allows")
    func clients() async throws {
        try await TrustedIssuerScene.run { scene in
            let assertion = try scene.identityAssertion()
            #expect(try await scene.present(assertion, ["client_secret": "guess"]).isError(401, "invalid_client"))
            #expect(try await scene.present(assertion, ["client_secret": nil]).isError(401, "invalid_client"))
            let nameless = try await scene.present(assertion, ["client_secret": nil, "client_id": nil])
            #expect(nameless.isError(401, "invalid_client"))
            #expect(try await scene.present(assertion).status == 200)
        }
        try await TrustedIssuerScene.run(adjust: { $0.identityAssertions?.clients = ["another"] }) { scene in
            let answer = try await scene.present(try scene.identityAssertion())
            #expect(answer.isError(400, "invalid_grant"))
        }
    }

    @Test("JB-4: public clients only where the operator accepts them", arguments: [false, true])
    func publicClients(areAccepted: Bool) async throws {
        try await TrustedIssuerScene.run(
            adjust: { $0.identityAssertions?.acceptsPublicClients = areAccepted },
            configure: { configuration in
                var desktop = Configuration.Client(clientID: "desktop")
                desktop.grantTypes = [.jwtBearer]
                configuration.clients.append(desktop)
            }
        ) { scene in
            let assertion = try scene.identityAssertion(["client_id": "desktop"])
            let answer = try await scene.present(assertion, ["client_id": "desktop", "client_secret": nil])
            #expect(answer.status == (areAccepted ? 200 : 400))
            #expect(answer.error == (areAccepted ? nil : "unauthorized_client"))
        }
    }

    @Test("JB-1: the metadata names grant and profile exactly when an issuer is configured for it")
    func metadata() async throws {
        let profile: JSONValue = ["urn:ietf:params:oauth:grant-profile:id-jag"]
        let path = "/.well-known/oauth-authorization-server"
        try await TrustedIssuerScene.run { scene in
            let document = try await scene.server.visitor.send("GET", path).json
            #expect(document["authorization_grant_profiles_supported"] == profile)
            let grants = document["grant_types_supported"]?.stringArrayValue ?? []
            #expect(grants.filter { $0 == TrustedIssuerScene.jwtBearer }.count == 1)
        }
        try await TrustedIssuerScene.run(adjust: { $0.identityAssertions = nil }) { scene in
            let document = try await scene.server.visitor.send("GET", path).json
            #expect(document["authorization_grant_profiles_supported"] == nil)
            let answer = try await scene.present(try scene.identityAssertion(), ["resource": TestServer.resource])
            #expect(answer.isError(400, "invalid_grant"))
        }
        try await TestServer.run { server in
            let document = try await server.visitor.send("GET", path).json
            #expect(
                document["grant_types_supported"]?.stringArrayValue?.contains(TrustedIssuerScene.jwtBearer) == false
            )
            let answer = try await server.visitor.token([
                ("grant_type", TrustedIssuerScene.jwtBearer), ("assertion", "x"),
            ])
            #expect(answer.isError(400, "unsupported_grant_type"))
        }
    }

    @Test("allow: the rules of the resource and the client are about the assertion's claims")
    func access() async throws {
        let staff = ClaimRule.claim("groups", anyOf: [ValuePattern("staff")])
        let places: [@Sendable (inout Configuration) -> Void] = [
            { $0.resources[0].access = staff }, { $0.clients[0].access = staff },
        ]
        for place in places {
            try await TrustedIssuerScene.run(configure: place) { scene in
                let id: [String: JSONValue?] = ["jti": "the-same"]
                #expect(try await scene.present(try scene.identityAssertion(id)).isError(400, "invalid_grant"))
                let guest = try await scene.present(try scene.identityAssertion(["groups": ["guests"]]))
                #expect(guest.isError(400, "invalid_grant"))
                let member = try scene.identityAssertion(["jti": "the-same", "groups": ["staff"]])
                #expect(try await scene.present(member).status == 200)
            }
        }
        try await TrustedIssuerScene.run(configure: { $0.resources[0].scopeAccess = ["mcp:write": staff] }) { scene in
            #expect(try await scene.present(try scene.identityAssertion())["scope"] == "mcp:read")
            let none = try await scene.present(try scene.identityAssertion(), ["scope": "mcp:write"])
            #expect(none.isError(400, "invalid_scope"))
            let member = try await scene.present(try scene.identityAssertion(["groups": ["staff"]]))
            #expect(member["scope"] == "mcp:read mcp:write")
        }
    }

    @Test("allow: an address counts only if the assertion says that it is verified")
    func accessByAddress() async throws {
        let corp = ClaimRule.claim("email_domain", anyOf: [ValuePattern("corp.example")])
        try await TrustedIssuerScene.run(configure: { $0.resources[0].access = corp }) { scene in
            for (isVerified, status) in [(nil, 400), (false, 400), (true, 200)] as [(JSONValue?, Int)] {
                let assertion = try scene.identityAssertion([
                    "email": "a@corp.example", "email_verified": isVerified, "email_domain": "corp.example",
                ])
                #expect(try await scene.present(assertion).status == status)
            }
        }
    }
}
