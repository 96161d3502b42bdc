import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import Testing

@Suite("Tokens with claims of a test's own")
struct HarnessTokenTests {
    @Test("claims are added to the token of a login, which still lives, retrieves and ends with its session")
    func issued() async throws {
        try await withGatehouse { (server) async throws in
            let token = try await server.issueToken(claims: ["groups": ["staff", "admin"], "level": 3, "beta": true])
            let client = try await OAuthTestClient.registered(at: server)
            let answer = try await client.introspect(token)
            #expect(answer.boolean("active") == true)
            let claims = try #require(Self.claims(of: token))
            #expect(claims["groups"]?.stringArrayValue == ["staff", "admin"])
            #expect(claims["level"]?.integerValue == 3 && claims["beta"]?.boolValue == true)
            #expect(claims["sub"]?.stringValue == answer["sub"])
            #expect(server.problems(of: token, scopes: ["mcp:read"]).isEmpty)
            try await client.exchange(token).require(200)
            server.expireAccessTokens()
            #expect(try await client.introspect(token).boolean("active") == false)
        }
    }

    @Test("what the server decides is refused by name, before anybody logs in")
    func refused() async throws {
        try await withGatehouse { (server) async throws in
            for name in [
                "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "client_id", "scope", "tsid", "cnf", "act",
            ] {
                let refusal = await #expect(throws: HarnessError.self) {
                    _ = try await server.issueToken(claims: ["groups": ["x"], name: "x"])
                }
                #expect(refusal?.description.contains("the claim \(name);") == true)
            }
            #expect(server.requests(route: "register").isEmpty)
        }
    }

    @Test("a minted token takes any claim, and loses one that is nil")
    func minted() async throws {
        try await withGatehouse { (server) async throws in
            let token = try server.mint(claims: ["aud": ["https://a.example/mcp"], "act": ["sub": "agent"], "jti": nil])
            let claims = try #require(Self.claims(of: token))
            #expect(claims["aud"]?.stringArrayValue == ["https://a.example/mcp"])
            #expect(claims["act"]?.objectValue?["sub"]?.stringValue == "agent")
            #expect(claims["jti"] == nil && claims["sub"]?.stringValue == "test-user")
            let both = [server.resourceURI, "https://a.example/mcp"].map(ClaimValue.string)
            #expect(server.problems(of: try server.mint(claims: ["aud": .array(both)])).isEmpty)
        }
    }

    @Test("a claim that the defect itself sets is refused, and the two that do not meet are not")
    func contradictory() async throws {
        try await withGatehouse { (server) async throws in
            let pairs: [(TokenMint.Defect, String)] = [
                (.expired, "exp"), (.notYetValid, "nbf"), (.wrongAudience, "aud"), (.wrongIssuer, "iss"),
                (.missingExpiry, "exp"), (.changedPayload, "scope"),
            ]
            for (defect, claim) in pairs {
                let refusal = #expect(throws: HarnessError.self) {
                    _ = try server.mint(defect, claims: [claim: "x"])
                }
                #expect(refusal?.description.contains(claim) == true)
            }
            let expired = try server.mint(.expired, claims: ["groups": ["x"]])
            #expect(Self.claims(of: expired)?["groups"]?.stringArrayValue == ["x"])
        }
    }

    static func claims(of token: String) -> JSONObject? {
        let parts = token.split(separator: ".")
        guard parts.count > 1, let bytes = Base64URL.decode(String(parts[1])) else { return nil }
        // A payload that is not JSON has no claims, and the test fails at the one that it expects.
        return try? JSONParser.parseObject(bytes)
    }
}
