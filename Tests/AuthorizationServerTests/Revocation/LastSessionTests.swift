import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("RV-2: connections end with the last session that used them, where the configuration says so")
struct LastSessionTests {
    private static func run(
        revokes: Bool = true,
        _ body: (VaultScene) async throws -> Void
    ) async throws {
        try await VaultScene.run(configure: { $0.upstreams[0].revokesWithLastSession = revokes }, body)
    }

    private static func connectionCount(_ scene: VaultScene) async -> Int {
        await scene.server.server.stores.vault.counts.connections
    }

    private static func revoke(_ login: OAuthTestClient.Answer, _ scene: VaultScene) async throws {
        let answer = try await scene.client.revoke(try login.refreshToken)
        #expect(answer.status == 200)
    }

    @Test("the last revocation erases the connection and revokes both tokens at the provider; one before does not")
    func lastSession() async throws {
        try await Self.run { scene in
            let (first, second) = (try await scene.logIn(), try await scene.logIn())
            let grace = try await scene.logIn(as: "grace")
            try await Self.revoke(first, scene)
            await scene.server.server.performMaintenance()
            #expect(await Self.connectionCount(scene) == 4)
            #expect(scene.corp.requestCount(on: .revocation) == 0)
            try await Self.revoke(second, scene)
            await scene.server.server.performMaintenance()
            // Ada’s at corp is gone; at files the configuration does not say so, and Grace’s are hers.
            #expect(await Self.connectionCount(scene) == 3)
            let hints = scene.corp.capturedRequests(on: .revocation).compactMap { $0.parameter("token_type_hint") }
            #expect(Set(hints) == ["refresh_token", "access_token"])
            #expect(scene.files.requestCount(on: .revocation) == 0)
            let events = try scene.server.auditEvents("connection.disconnected")
            #expect(events.count == 1 && events.first?["by"] == "last_session_revoked")
            #expect(events.first?["provider"] == "revoked" && events.first?["upstream"] == "corp")
            #expect(try await scene.exchange(grace.accessToken, ["corp"]).status == 200)
            let again = try await scene.logIn()
            #expect(try await scene.exchange(again.accessToken, ["corp"]).status == 200)
        }
    }

    @Test("without the key a revocation ends the session and nothing else")
    func withoutPolicy() async throws {
        try await Self.run(revokes: false) { scene in
            try await Self.revoke(try await scene.logIn(), scene)
            await scene.server.server.performMaintenance()
            #expect(await Self.connectionCount(scene) == 2)
            #expect(scene.corp.requestCount(on: .revocation) == 0)
        }
    }

    @Test("revoking an access token, and a refresh token that was used again, end no connection")
    func otherRevocations() async throws {
        try await Self.run { scene in
            let first = try await scene.logIn()
            #expect(try await scene.client.revoke(first.accessToken).status == 200)
            let second = try await scene.client.refresh(first.refreshToken)
            let third = try await scene.client.refresh(second.refreshToken)
            #expect(third.status == 200)
            #expect(try await scene.client.refresh(first.refreshToken).error == "invalid_grant")
            await scene.server.server.performMaintenance()
            #expect(await Self.connectionCount(scene) == 2)
            #expect(scene.corp.requestCount(on: .revocation) == 0)
        }
    }

    @Test("a login whose code is not redeemed yet keeps the connection")
    func loginUnderWay() async throws {
        try await Self.run { scene in
            let login = try await scene.logIn()
            let code = try await scene.code()
            try await Self.revoke(login, scene)
            await scene.server.server.performMaintenance()
            #expect(await Self.connectionCount(scene) == 2)
            let token = try await scene.client.redeem(code).accessToken
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
        }
    }

    @Test("a provider in trouble delays nothing here, is asked again, and at the bound the trail reports a failure")
    func providerInTrouble() async throws {
        try await Self.run { scene in
            scene.corp.script(.unavailable, on: .revocation, times: 2)
            try await Self.revoke(try await scene.logIn(), scene)
            await scene.server.server.performMaintenance()
            #expect(await Self.connectionCount(scene) == 1)
            #expect(try scene.server.auditEvents("connection.disconnected").isEmpty)
            scene.clock.advance(by: .seconds(31))
            await scene.server.server.performMaintenance()
            #expect(try scene.server.auditEvents("connection.disconnected").first?["provider"] == "revoked")

            try await Self.revoke(try await scene.logIn(), scene)
            scene.corp.script(.closeConnection, on: .revocation, times: 10)
            for _ in 0..<5 {
                await scene.server.server.performMaintenance()
                scene.clock.advance(by: .seconds(600))
            }
            let events = try scene.server.auditEvents("connection.disconnected")
            #expect(events.count == 2 && events.last?["provider"] == "failed")
            #expect(scene.corp.pendingFaultCount(on: .revocation) == 0)
        }
    }
}
