import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OAuthState
import Testing

@Suite("Blocked parties get no tokens by way of another issuer")
struct BlockedPartyTests {
    @Test("JB-8: a blocked user gets no session, and the assertion can be used once the block is lifted")
    func user() async throws {
        try await TrustedIssuerScene.run { scene in
            let first = try scene.claims(of: try await scene.present(try scene.identityAssertion()))
            let userID = try #require(first["sub"]?.stringValue.flatMap(UserID.init))
            let blocks = try #require(scene.server.server.storage.stores.administration?.blocks)
            _ = try await blocks.block(.user(userID), now: scene.server.clock.now()).outcome
            let assertion = try scene.identityAssertion()
            #expect(try await scene.present(assertion).isError(400, "invalid_grant"))
            #expect(try await blocks.unblock(.user(userID)).outcome)
            #expect(try await scene.present(assertion).status == 200)
        }
    }

    @Test("JB-9: a blocked workload gets no token")
    func workload() async throws {
        try await TrustedIssuerScene.run { scene in
            let blocks = try #require(scene.server.server.storage.stores.administration?.blocks)
            _ = try await blocks.block(.client("ci"), now: scene.server.clock.now()).outcome
            #expect(try await scene.presentWorkload(try scene.workloadAssertion()).isError(400, "invalid_grant"))
        }
    }

    @Test("TX-2: a token of a blocked user cannot be exchanged")
    func delegation() async throws {
        try await DelegationScene.run { scene in
            let token = try await scene.callersToken()
            let userID = try #require(try scene.claims(token)["sub"]?.stringValue.flatMap(UserID.init))
            let blocks = try #require(scene.server.server.storage.stores.administration?.blocks)
            _ = try await blocks.block(.user(userID), now: scene.server.clock.now()).outcome
            #expect(try await scene.exchange(token).isError(400, "invalid_grant"))
        }
    }
}
