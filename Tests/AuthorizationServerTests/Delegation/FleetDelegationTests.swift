import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

@Suite("TX-2, RFC 8707: delegation to the members of a fleet")
struct FleetDelegationTests {
    private static let fleet = "https://*.mcp.example.com/mcp"
    private static let member = "https://team-a.mcp.example.com/mcp"
    /// A resource whose address the fleet's pattern matches, and which has an entry of its own.
    private static let payroll = "https://payroll.mcp.example.com/mcp"

    private static func run(
        targets: [String] = [fleet],
        _ body: (DelegationScene) async throws -> Void
    ) async throws {
        try await DelegationScene.run(
            configure: { configuration in
                configuration.resources[1].uri = fleet
                configuration.resources[1].delegationTargets = []
                configuration.resources[0].delegationTargets = targets
                configuration.clients[0].delegationTargets = targets
                var own = Configuration.Resource(uri: payroll, scopes: ScopeSet(["mcp:read"]))
                own.upstreams = [TestServer.upstream]
                configuration.resources.append(own)
            },
            body
        )
    }

    @Test("the token is for the requested member alone")
    func member() async throws {
        try await Self.run { scene in
            let token = try await scene.callersToken()
            let answer = try await scene.exchange(token, for: Self.member)
            let claims = try scene.claims(answer["access_token"])
            #expect(answer.status == 200 && claims["aud"] == .string(Self.member))
            #expect(claims["act"] == ["iss": .string(scene.server.issuer), "sub": .string(DelegationScene.first.id)])
            let seen = try await scene.server.visitor.introspect(
                try #require(answer["access_token"]),
                as: DelegationScene.second
            )
            #expect(seen.json["active"] == true && seen["aud"] == Self.member)
        }
    }

    @Test("neither the pattern, nor what it does not match, nor a resource with an entry of its own is a member")
    func others() async throws {
        try await Self.run { scene in
            let token = try await scene.callersToken()
            for target in [Self.fleet, Self.payroll, "https://a.b.mcp.example.com/mcp", "https://mcp.example.com/mcp"] {
                let refused = try await scene.exchange(token, for: target)
                #expect(refused.isError(400, "invalid_target"), "\(target)")
            }
        }
    }

    @Test("a fleet that is not named is no target, also where another resource is")
    func unnamed() async throws {
        try await Self.run(targets: [Self.payroll]) { scene in
            let token = try await scene.callersToken()
            let refused = try await scene.exchange(token, for: Self.member)
            #expect(refused.isError(400, "invalid_target"))
            let named = try await scene.exchange(token, for: Self.payroll)
            #expect(named.status == 200)
        }
    }
}
