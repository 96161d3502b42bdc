import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import Testing

@Suite("RFC 8693: another issuer's tokens as subjects of a delegation")
struct ForeignSubjectTests {
    private static func exchange(
        _ scene: DelegationScene,
        _ changes: [String: JSONValue?] = [:],
        type: JSONValue? = "at+jwt",
        as client: (id: String, secret: String) = DelegationScene.gateway
    ) async throws -> OAuthTestClient.Answer {
        try await scene.exchange(try scene.foreignToken(changes, type: type), as: client)
    }

    @Test(
        "TX-2: the subject keeps its issuer, and the other issuer's client is in the chain",
        arguments: ["at+jwt", "JWT", nil]
    )
    func accepted(type: String?) async throws {
        try await DelegationScene.run { scene in
            let answer = try await Self.exchange(scene, type: type.map(JSONValue.string))
            #expect(answer.status == 200 && answer["scope"] == "mcp:read tools:run")
            #expect(answer.integer("expires_in") == 300)
            let claims = try scene.claims(answer["access_token"])
            #expect(claims["sub"]?.stringValue == TrustedIssuerScene.issuer + "#user-17" && claims["tsid"] == nil)
            #expect(
                claims["act"] == [
                    "iss": .string(scene.server.issuer), "sub": "gateway",
                    "act": ["iss": .string(TrustedIssuerScene.issuer), "sub": "portal"],
                ]
            )
            // Such a token may be used again: it is no assertion.
            #expect(try await Self.exchange(scene).status == 200)
            let introspection = try await scene.server.visitor.introspect(
                try #require(answer["access_token"]),
                as: DelegationScene.second
            )
            #expect(introspection.json["active"] == true)
        }
    }

    @Test(
        "JB-2, JB-3, D-36: a single claim that is wrong is enough",
        arguments: [
            ("iss", "https://stranger.example"), ("aud", "https://other.example"), ("aud", nil), ("exp", 1),
            ("exp", nil),
            ("iat", nil), ("nbf", 4_000_000_000), ("sub", nil), ("azp", "another"), ("azp", nil), ("azp", ["portal"]),
            ("at_hash", "x"), ("nonce", "n"), ("may_act", ["sub": "gateway"]), ("scope", 7),
        ] as [(String, JSONValue?)]
    )
    func wrongClaim(name: String, value: JSONValue?) async throws {
        try await DelegationScene.run { scene in
            let refusal = try await Self.exchange(scene, [name: value])
            #expect(refusal.isError(400, "invalid_grant"), "\(name)")
            #expect(scene.host.requests.count <= 1)
        }
    }

    @Test("JB-1: another type of token is no subject", arguments: ["oauth-id-jag+jwt", "logout+jwt", "dpop+jwt"])
    func types(type: String) async throws {
        try await DelegationScene.run { scene in
            let answer = try await Self.exchange(scene, type: .string(type))
            #expect(answer.isError(400, "invalid_grant"))
        }
    }

    @Test("RFC 8693 §4.1: a malformed act is refused, and a good one becomes part of the chain")
    func actors() async throws {
        try await DelegationScene.run { scene in
            let answer = try await Self.exchange(scene, ["act": ["sub": "portal"]])
            #expect(
                try scene.claims(answer["access_token"])["act"]?.objectValue?["act"]
                    == ["iss": .string(TrustedIssuerScene.issuer), "sub": "portal"]
            )
            for malformed: JSONValue in ["x", ["iss": "y"], ["sub": "x", "act": 7]] {
                #expect(try await Self.exchange(scene, ["act": malformed]).isError(400, "invalid_request"))
            }
        }
    }

    @Test("TX-2: only the listed delegates, and only with targets of their own")
    func delegates() async throws {
        try await DelegationScene.run { scene in
            let answer = try await Self.exchange(scene, as: DelegationScene.first)
            #expect(answer.isError(400, "invalid_grant"))
        }
        try await DelegationScene.run(adjust: { $0.subjects?.delegates = ["*"] }) { scene in
            #expect(try await Self.exchange(scene, as: DelegationScene.first).status == 200)
            let token = try scene.foreignToken()
            let same = try await scene.exchange(token, for: TestServer.resource, as: DelegationScene.first)
            #expect(same.isError(400, "invalid_target"))
        }
    }

    @Test("RFC 8693 §4.4: where may_act is accepted it alone decides: our issuer and this client, or no actor")
    func mayAct() async throws {
        try await DelegationScene.run(adjust: { trusted in
            trusted.subjects?.acceptsMayAct = true
            trusted.subjects?.actors = ["portal"]
        }) { scene in
            let issuer = JSONValue.string(scene.server.issuer)
            let right: JSONValue = ["iss": issuer, "sub": "gateway"]
            let accepted = try await Self.exchange(scene, ["may_act": right, "azp": "unlisted"])
            #expect(accepted.status == 200)
            for wrong: JSONValue in [
                ["iss": issuer, "sub": "another"], ["sub": "gateway"],
                ["iss": "https://other.example", "sub": "gateway"],
                "gateway", .null,
            ] {
                #expect(try await Self.exchange(scene, ["may_act": wrong]).isError(400, "invalid_grant"))
            }
            #expect(try await Self.exchange(scene).status == 200)
        }
    }

    @Test("TX-2: a matcher decides where the actor is not listed")
    func matcher() async throws {
        try await DelegationScene.run(adjust: { trusted in
            trusted.subjects?.actors = []
            trusted.subjects?.matcher = .claim("groups", anyOf: [ValuePattern("agents-*")])
        }) { scene in
            let member = try await Self.exchange(scene, ["groups": ["x", "agents-1"]])
            #expect(member.status == 200)
            let stranger = try await Self.exchange(scene, ["groups": ["x"]])
            #expect(stranger.isError(400, "invalid_grant"))
        }
    }
}
