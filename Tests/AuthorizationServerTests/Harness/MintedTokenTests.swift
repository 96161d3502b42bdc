import AuthorizationServerTesting
import Testing

@Suite("Tokens that the harness makes without a login")
struct MintedTokenTests {
    @Test("a right one is active, one with any defect is not")
    func defects() async throws {
        try await withGatehouse { (server) async throws in
            let client = try await OAuthTestClient.registered(at: server)
            let right = try await client.introspect(try server.mint(subject: "robot", scopes: ["mcp:read"]))
            #expect(right.boolean("active") == true && right["sub"] == "robot" && right["scope"] == "mcp:read")
            for defect in TokenMint.Defect.allCases {
                let wrong = try await client.introspect(try server.mint(defect))
                #expect(wrong.boolean("active") == false, "\(defect)")
            }
        }
    }
}
