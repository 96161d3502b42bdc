import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("Refresh in the background, of upstreams that are configured so")
struct BackgroundRefreshTests {
    private static func configure(_ configuration: inout Configuration) {
        configuration.upstreams[0].refreshesInBackground = true
        configuration.tokens.accessTokenLifetime = .seconds(86_400)
    }

    @Test("a connection in use is refreshed before it expires; another upstream’s, and an unused one, are not")
    func refreshesWhatIsUsed() async throws {
        try await VaultScene.run(configure: Self.configure) { scene in
            let token = try await scene.accessToken()
            _ = try await scene.exchange(token, ["corp", "files"])
            scene.clock.advance(by: .seconds(1800))
            await scene.server.server.performMaintenance()
            #expect(scene.refreshCount(scene.corp) == 0)
            scene.clock.advance(by: .seconds(1750))
            await scene.server.server.performMaintenance()
            #expect(scene.refreshCount(scene.corp) == 1)
            #expect(scene.refreshCount(scene.files) == 0)
            #expect(try await scene.exchange(token, ["corp"]).json["refreshed"] == false)
        }
    }

    @Test("an unused connection is not refreshed")
    func unused() async throws {
        try await VaultScene.run(configure: Self.configure) { scene in
            _ = try await scene.accessToken()
            scene.clock.advance(by: .seconds(3590))
            await scene.server.server.performMaintenance()
            #expect(scene.refreshCount(scene.corp) == 0)
        }
    }

    @Test("a refresh that fails for now is tried again; one that fails for good is not")
    func failures() async throws {
        try await VaultScene.run(configure: Self.configure) { scene in
            let token = try await scene.accessToken()
            _ = try await scene.exchange(token, ["corp"])
            scene.clock.advance(by: .seconds(3580))
            scene.corp.script(.unavailable, on: .token)
            await scene.server.server.performMaintenance()
            scene.clock.advance(by: .seconds(31))
            scene.corp.script(.invalidGrant, on: .token)
            await scene.server.server.performMaintenance()
            scene.clock.advance(by: .seconds(31))
            await scene.server.server.performMaintenance()
            #expect(scene.refreshCount(scene.corp) == 2)
            #expect(try await scene.connection(of: token).reason == "invalid_grant")
        }
    }
}
