import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("RFC 8707: an agent of a fleet's member")
struct AgentFleetTests {
    private static let member = "https://team-a.mcp.example.com/mcp"
    private static let other = "https://team-b.mcp.example.com/mcp"

    @Test("its tokens are for that member alone, and retrieve what the fleet's entry allows")
    func member() async throws {
        try await VaultScene.run(configure: { configuration in
            configuration.resources[0].uri = "https://*.mcp.example.com/mcp"
            configuration.agents.isEnabled = true
            configuration.scopes = configuration.scopes.union(ScopeSet([ScopeSet.agents]))
        }) { scene in
            var scene = scene
            scene.client.resource = Self.member
            scene.client.scope = "mcp:read offline_access agents connections"
            let access = try await scene.accessToken()
            let order: JSONObject = ["name": "nightly", "scope": "mcp:read", "upstreams": ["corp"], "expires_in": 3600]
            let made = try await scene.client.send(
                "POST",
                "/agents",
                headerFields: [("authorization", "Bearer \(access)"), ("content-type", "application/json")],
                body: order.serialized()
            )
            #expect(made.status == 201 && made["resource"] == Self.member, "\(made.body)")
            let agent = try #require(made["agent_token"])
            let form = [("grant_type", "urn:gatehouse:grant-type:agent-token"), ("agent_token", agent)]
            let answer = try await scene.server.visitor.token(form + [("resource", Self.member)])
            let token = try answer.accessToken
            let claims = try JSONWebToken.unverifiedClaims(of: CompactJWS(parsing: token))
            #expect(claims["aud"] == .string(Self.member))
            let foreign = try await scene.server.visitor.token(form + [("resource", Self.other)])
            #expect(foreign.isError(400, "invalid_target"))
            let own = try await scene.exchange(token, ["corp"])
            let withheld = try await scene.exchange(token, ["files"])
            #expect(own.status == 200 && withheld["access_token"] == nil)
        }
    }
}
