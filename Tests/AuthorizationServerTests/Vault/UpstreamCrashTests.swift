import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@Suite("VT-4, VR-4: a crash around a rotation of the upstream’s refresh token")
struct UpstreamCrashTests {
    @Test("what rotated survives a crash before the answer, and is not redeemed a second time")
    func crashBeforeAnswer() async throws {
        try await RestartScene.run { scene in
            var token = ""
            try await scene.serve({ _ in }) { server in
                let client = try await OAuthTestClient.registered(at: server)
                token = try await scene.tokens(client, at: server).accessToken
                scene.clock.advance(by: .seconds(2 * 3600))
                // The provider has answered; the check of the ID token waits for keys, and the client for its answer.
                try scene.provider.rotateKeys(keepingOld: false)
                let gate = ResponseGate()
                scene.provider.script(.hold(gate), on: .keySet)
                let (subject, visitor) = (token, client)
                async let answer = visitor.exchange(subject)
                await gate.waitForArrivals()
                try scene.copyStorage()
                gate.open()
                _ = try await answer
            }
            try await scene.serveCopy { server in
                let client = try await OAuthTestClient.registered(at: server)
                let answer = try await client.exchange(token)
                #expect(answer.status == 200 && answer.json["refreshed"] == false)
                scene.clock.advance(by: .seconds(2 * 3600))
                #expect(try await client.exchange(token).json["refreshed"] == true)
            }
            let reports = await scene.provider.grantReports()
            #expect(reports.count == 1 && reports[0].revocation == nil && reports[0].refreshAttemptCount == 2)
        }
    }

    @Test("an answer that is lost on the way is 503, and never the end of a provider that lets tokens be used again")
    func lostAnswer() async throws {
        for refreshTokens in [
            DevelopmentIdentityProvider.Configuration.RefreshTokens.reusable, .rotating,
        ] {
            var provider = DevelopmentIdentityProvider.Configuration()
            provider.openIDConnect.refreshTokens = refreshTokens
            try await RestartScene.run(provider) { scene in
                try await scene.serve({ _ in }) { server in
                    let client = try await OAuthTestClient.registered(at: server)
                    let token = try await scene.tokens(client, at: server).accessToken
                    scene.clock.advance(by: .seconds(2 * 3600))
                    scene.provider.script(.rotateAndDropResponse, on: .token)
                    #expect(try await client.exchange(token).isError(503, "temporarily_unavailable"))
                    let next = try await client.exchange(token)
                    if refreshTokens == .reusable {
                        #expect(next.status == 200)
                    } else {
                        // The provider takes the retry for a theft; only a login of the user helps.
                        #expect(next["reason"] == "reauth_required" && next["connect_uri"] != nil)
                        #expect(try await scene.tokens(client, at: server).status == 200)
                        #expect(try await client.exchange(token).status == 200)
                    }
                }
            }
        }
    }

    @Test("ST-1: while the journal fails nothing is redeemed, and what could not be kept is not handed out")
    func journalFails() async throws {
        let journal = ScriptedJournal()
        try await TestServer.run(
            configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) },
            environment: { $0.journal = journal }
        ) { server in
            let (client, tokens) = try await server.loggedIn()
            let token = try tokens.accessToken
            server.clock.advance(by: .seconds(2 * 3600))
            let asked = server.provider.requestCount(on: .token)
            journal.isAvailable = false
            #expect(try await client.exchange(token).isError(503, "temporarily_unavailable"))
            #expect(server.provider.requestCount(on: .token) == asked)
            journal.isAvailable = true
            journal.refusesToWait = true
            #expect(try await client.exchange(token).isError(503, "temporarily_unavailable"))
            #expect(server.provider.requestCount(on: .token) == asked + 1)
            journal.refusesToWait = false
            #expect(try await client.exchange(token).status == 200)
            // The rotated token was kept after all: the grant lives.
            server.clock.advance(by: .seconds(2 * 3600))
            #expect(try await client.exchange(token).json["refreshed"] == true)
            #expect(await server.provider.grantReports().allSatisfy { $0.revocation == nil })
        }
    }
}
