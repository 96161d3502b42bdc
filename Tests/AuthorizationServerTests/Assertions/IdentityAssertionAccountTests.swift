import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OpenSSLCrypto
import ServerConfiguration
import Testing

@Suite("allow of an upstream, on identity assertions of its issuer")
struct IdentityAssertionAccountTests {
    private static let staff = ClaimRule.claim("groups", anyOf: [ValuePattern("staff")])

    /// A server that trusts the provider of its upstream, whose `allow` is the rule.
    private static func run(
        _ rule: ClaimRule,
        _ body: (TestServer, _ present: (_ tokenID: String, [String: JSONValue]) async throws -> OAuthTestClient.Answer)
            async throws -> Void
    ) async throws {
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
            configuration.upstreams[0].access = rule
        }) { server in
            try await body(server) { tokenID, changes in
                let now = Int(server.clock.now().secondsSinceEpoch)
                var claims: JSONObject = [
                    "iss": .string(server.provider.issuer), "sub": "ada", "aud": .string(server.issuer),
                    "jti": .string(tokenID), "iat": .integer(now), "exp": .integer(now + 300), "client_id": "provider",
                ]
                for (name, value) in changes.sorted(by: { $0.key < $1.key }) { claims[name] = value }
                let assertion = try server.provider.signedToken(claims, type: "oauth-id-jag+jwt")
                let proofID = Base64URL.encode(SystemRandomSource().bytes(12))
                let form = [("grant_type", TrustedIssuerScene.jwtBearer), ("assertion", assertion)]
                return try await server.visitor.token(form + key.form(at: server, tokenID: proofID))
            }
        }
    }

    @Test("a claim that is there and does not comply refuses the account, and uses nothing up")
    func refused() async throws {
        try await Self.run(Self.staff) { server, present in
            let guest = try await present("a", ["groups": ["guests"]])
            #expect(guest.isError(400, "invalid_grant"))
            #expect(try server.auditEvents("assertion.refused").count == 1)
            let member = try await present("a", ["groups": ["staff"]])
            #expect(member.status == 200)
        }
    }

    @Test("what the assertion does not say, the operator's trust in its issuer decides")
    func undecided() async throws {
        try await Self.run(Self.staff) { _, present in
            let answer = try await present("a", [:])
            #expect(answer.status == 200)
        }
    }

    @Test("the address counts by the provider's rule for verified ones")
    func address() async throws {
        try await Self.run(.claim("email_domain", anyOf: [ValuePattern("corp.example")])) { _, present in
            for (id, domain, status) in [("a", "corp.example", 200), ("b", "other.example", 400)] {
                let answer = try await present(id, ["email": .string("ada@" + domain), "email_verified": true])
                #expect(answer.status == status, "\(domain)")
            }
        }
    }
}
