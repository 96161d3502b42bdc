import AuthorizationServerTesting
import Testing

@Suite("What the harness says about tokens and answers that a test did not expect")
struct HarnessExplanationTests {
    @Test("a right token has no problem, and one with any defect has one that names it")
    func tokens() async throws {
        var options = TestServer.Options()
        options.start = 1_800_000_000
        try await withGatehouse(options) { (server) async throws in
            #expect(server.problems(of: try server.mint()).isEmpty)
            try server.requireAcceptable(try server.mint(scopes: ["mcp:read"]), scopes: ["mcp:read"])
            let words: [TokenMint.Defect: String] = [
                .expired: "expired 3600 s ago", .notYetValid: "ahead of the server's clock", .wrongAudience: "aud",
                .wrongIssuer: "iss", .wrongType: "typ is JWT", .missingType: "typ is missing",
                .missingExpiry: "it has no exp", .missingKeyID: "it has no kid",
            ]
            for defect in TokenMint.Defect.allCases {
                let problems = server.problems(of: try server.mint(defect))
                #expect(!problems.isEmpty, "\(defect)")
                if let word = words[defect] { #expect(problems.contains { $0.contains(word) }, "\(problems)") }
            }
        }
    }

    @Test("a missing scope, and what is no token at all, are named; the token itself is never shown")
    func refusals() async throws {
        try await withGatehouse { (server) async throws in
            let token = try server.mint(scopes: ["mcp:read"])
            let refusal = #expect(throws: TokenRefused.self) {
                try server.requireAcceptable(token, scopes: ["mcp:read", "mcp:write"])
            }
            #expect(refusal?.problems == ["it lacks mcp:write; it has mcp:read"])
            #expect(refusal?.description.contains(token) == false)
            for text in ["", "x", "a.b", "a.b.c", "a.b.c.d", "e30.e30.é"] {
                #expect(server.problems(of: text).count == 1, "\(text)")
            }
        }
    }

    @Test("an answer with another status throws the server's words")
    func answers() async throws {
        try await withGatehouse { (server) async throws in
            let client = try await OAuthTestClient.registered(at: server)
            let error = await #expect(throws: UnexpectedAnswer.self) {
                try await client.redeem("no-such-code").require(200)
            }
            #expect(error?.status == 400 && error?.error == "invalid_grant")
            #expect(error?.description.hasPrefix("the server answered 400 in place of 200: invalid_grant: ") == true)
            try await client.redeem("no-such-code").require(400)
        }
    }
}
