import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import Testing

@Suite("Client authentication")
struct ClientAuthenticationTests {
    typealias Authentication = DevelopmentClient.Authentication

    /// The status that a client with this registration gets for a request with these fields and parameters.
    private func status(
        of authentication: Authentication,
        fields: [(name: String, value: String)] = [],
        form: [(String, String)] = []
    ) async throws -> Int {
        var status = 0
        try await TestWorld.run({
            $0.clients = .registered([DevelopmentClient(id: "gatehouse", authentication: authentication)])
        }) { world in
            let grant = [
                ("grant_type", "authorization_code"), ("code", try await world.code()),
                ("redirect_uri", TestWorld.redirectURI), ("code_verifier", TestWorld.verifier),
            ]
            status = try await world.post(.token, grant + form, fields: fields).status
        }
        return status
    }

    private static let post = [("client_id", "gatehouse"), ("client_secret", "s3cret")]
    private static let wrongBasic = (name: "Authorization", value: "Basic " + Base64.encode(Array("gatehouse:x".utf8)))

    @Test("each way is accepted where it is registered, and only there")
    func ways() async throws {
        let basic = [TestWorld.basic]
        #expect(try await status(of: .secret("s3cret"), fields: basic) == 200)
        #expect(try await status(of: .secret("s3cret"), form: Self.post) == 200)
        #expect(try await status(of: .secretBasic("s3cret"), fields: basic) == 200)
        #expect(try await status(of: .secretBasic("s3cret"), form: Self.post) == 401)
        #expect(try await status(of: .secretPost("s3cret"), form: Self.post) == 200)
        #expect(try await status(of: .secretPost("s3cret"), fields: basic) == 401)
        #expect(try await status(of: .none, form: [("client_id", "gatehouse")]) == 200)
        #expect(try await status(of: .none, fields: basic) == 401)
        #expect(try await status(of: .secret("s3cret"), form: [("client_id", "gatehouse")]) == 401)
    }

    @Test("a wrong secret, two ways at once, an unknown client and none are refused")
    func refusals() async throws {
        #expect(try await status(of: .secret("s3cret"), fields: [Self.wrongBasic]) == 401)
        #expect(try await status(of: .secret("s3cret"), fields: [TestWorld.basic], form: Self.post) == 400)
        #expect(
            try await status(of: .secret("s3cret"), form: [("client_id", "x"), ("client_secret", "s3cret")]) == 401
        )
        #expect(try await status(of: .secret("s3cret")) == 401)
    }

    @Test("a client that used the Authorization header learns the scheme")
    func challenge() async throws {
        try await TestWorld.run { world in
            let answer = try await world.refresh("rt_x", fields: [Self.wrongBasic])
            #expect(try world.error(answer, status: 401) == "invalid_client")
            #expect(answer.values(of: "WWW-Authenticate") == ["Basic realm=\"token\""])
        }
    }

    @Test("a changed secret takes effect")
    func changedSecret() async throws {
        try await TestWorld.run { world in
            let token = try await world.signIn().text("refresh_token")
            await world.provider.setClient(DevelopmentClient(id: "gatehouse", secret: "changed"))
            #expect(try await world.refresh(token).status == 401)
            await world.provider.removeClient("gatehouse")
            #expect(try await world.refresh(token).status == 401)
            await world.provider.setClient(TestWorld.client)
            #expect(try await world.refresh(token).status == 200)
        }
    }

    @Test("private_key_jwt: an assertion works once, at this provider, signed by the registered key")
    func assertions() async throws {
        let key = SigningKey(privateKey: try .generate(.es256), algorithm: .es256, keyID: "k1")
        let stranger = SigningKey(privateKey: try .generate(.es256), algorithm: .es256, keyID: "k1")
        let keys = JSONWebKeySet(keys: [key.jsonWebKey])
        try await TestWorld.run({
            $0.clients = .registered([DevelopmentClient(id: "gatehouse", authentication: .privateKey(keys))])
        }) { (world) async throws in
            let now = Int(world.time.now().secondsSinceEpoch)
            let claims: JSONObject = [
                "iss": "gatehouse", "sub": "gatehouse", "aud": .string(world.provider.issuer), "jti": "1",
                "iat": .integer(now), "exp": .integer(now + 60),
            ]
            func status(_ claims: JSONObject, by key: SigningKey) async throws -> Int {
                let assertion = try key.sign(type: "JWT", payload: claims.serialized())
                let form = [
                    ("client_assertion_type", ClientAuthenticationRequest.assertionType),
                    ("client_assertion", assertion), ("token", "unknown"),
                ]
                return try await world.post(.revocation, form).status
            }
            #expect(try await status(claims, by: key) == 200)
            #expect(try await status(claims, by: key) == 401, "the jti was used")
            let refused: [(String, JSONValue?)] = [
                ("aud", "https://other.example.com"), ("exp", .integer(now)), ("sub", "somebody"), ("jti", nil),
            ]
            for (name, value) in refused {
                var changed = claims
                changed["jti"] = "2"
                changed[name] = value
                #expect(try await status(changed, by: key) == 401, "\(name)")
            }
            var fresh = claims
            fresh["jti"] = "3"
            #expect(try await status(fresh, by: stranger) == 401)
            #expect(try await status(fresh, by: key) == 200)
        }
    }
}
