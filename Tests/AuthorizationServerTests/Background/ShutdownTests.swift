import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import Testing

@Suite("A shutdown loses no answer of a provider that cannot be repeated")
struct ShutdownTests {
    /// Returns when the requests in flight have ended and background work is settled.
    private static func waitUntilSettling(_ server: TestServer) async {
        while !server.server.work.isClosed { await Task.yield() }
    }

    @Test("VT-4: the refresh token that a provider rotated is kept, although its answer comes during the shutdown")
    func lateRefresh() async throws {
        try await RestartScene.run { scene in
            var token = ""
            try await scene.serve({ _ in }) { server in
                let client = try await OAuthTestClient.registered(at: server)
                token = try await scene.tokens(client, at: server).accessToken
                scene.clock.advance(by: .seconds(2 * 3600))
                // The provider has rotated the refresh token, and its answer is on the way.
                let gate = ResponseGate()
                scene.provider.script(.holdResponse(gate), on: .token)
                let (subject, visitor) = (token, client)
                let exchange = Task { try await visitor.exchange(subject) }
                await gate.waitForArrivals()
                async let shutdown: Void = server.server.shutdown(gracePeriod: .zero)
                // The grace period has ended, and the client is disconnected.
                await #expect(throws: (any Error).self) { try await exchange.value }
                await Self.waitUntilSettling(server)
                gate.open()
                await shutdown
                #expect(server.server.work.count == 0)
            }
            try await scene.serve({ _ in }) { server in
                let client = try await OAuthTestClient.registered(at: server)
                let kept = try await client.exchange(token)
                #expect(kept.status == 200 && kept.json["refreshed"] == false)
                scene.clock.advance(by: .seconds(2 * 3600))
                let next = try await client.exchange(token)
                #expect(next.status == 200 && next.json["refreshed"] == true)
            }
            let reports = await scene.provider.grantReports()
            #expect(reports.count == 1 && reports[0].revocation == nil && reports[0].refreshAttemptCount == 2)
        }
    }

    @Test("a provider that never answers delays the shutdown up to the bound only", .timeLimit(.minutes(1)))
    func bound() async throws {
        try await RestartScene.run { scene in
            try await scene.serve({ _ in }) { server in
                let client = try await OAuthTestClient.registered(at: server)
                let token = try await scene.tokens(client, at: server).accessToken
                scene.clock.advance(by: .seconds(2 * 3600))
                let gate = ResponseGate()
                scene.provider.script(.hold(gate), on: .token)
                let exchange = Task { try await client.exchange(token) }
                await gate.waitForArrivals()
                await server.server.shutdown(gracePeriod: .zero, settlePeriod: .milliseconds(50))
                #expect(server.server.work.count == 0)
                await #expect(throws: (any Error).self) { try await exchange.value }
            }
        }
    }

    @Test("a shutdown with nothing in progress does not wait", .timeLimit(.minutes(1)))
    func idle() async throws {
        let server = try await TestServer.start()
        await server.server.shutdown(gracePeriod: .seconds(3600), settlePeriod: .seconds(3600))
        await server.shutdown()
    }
}
