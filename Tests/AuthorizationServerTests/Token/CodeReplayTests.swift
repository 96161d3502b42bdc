import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import Testing

/// RFC 6749 §4.1.2, OAuth 2.1 §7.5.3: a code is good once.
@Suite("Authorization codes: replay")
struct CodeReplayTests {
    @Test("TK-6, D-15: a second valid redemption is refused and revokes what the first one got")
    func replayRevokes() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let tokens = try await client.redeem(code)
            #expect(try await client.exchange(tokens.accessToken).status == 200)
            #expect(try await client.redeem(code).isError(400, "invalid_grant"))
            #expect(try await client.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
            #expect(try await client.exchange(tokens.accessToken).isError(400, "invalid_grant"))
            #expect(try server.auditEvents("code.reuse_detected").count == 1)
            // A later replay is refused too.
            server.clock.advance(by: .seconds(300))
            #expect(try await client.redeem(code).isError(400, "invalid_grant"))
        }
    }

    @Test("TK-6: the replay is recognised after the code has expired")
    func lateReplay() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let tokens = try await client.redeem(code)
            server.clock.advance(by: .seconds(400))
            #expect(try await client.redeem(code).isError(400, "invalid_grant"))
            #expect(try await client.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
        }
    }

    @Test("D-16: a replay that proves nothing revokes nothing, however often")
    func replayWithoutProof() async throws {
        try await TestServer.run(configure: TestServer.addSecondResource) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let stranger = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let tokens = try await client.redeem(code)
            let wrong = String(repeating: "w", count: 43)
            for _ in 0..<6 {
                #expect(try await client.redeem(code, ["code_verifier": wrong]).isError(400, "invalid_grant"))
                #expect(try await stranger.redeem(code).isError(400, "invalid_grant"))
                let otherRedirect = try await client.redeem(code, ["redirect_uri": "http://127.0.0.1:1/callback"])
                #expect(otherRedirect.isError(400, "invalid_grant"))
                let otherResource = try await client.redeem(code, ["resource": TestServer.secondResource])
                #expect(otherResource.isError(400, "invalid_target"))
            }
            #expect(try await client.exchange(tokens.accessToken).status == 200)
            #expect(try await client.refresh(tokens.refreshToken).status == 200)
            #expect(try server.auditEvents("code.reuse_detected").isEmpty)
        }
    }

    @Test("D-17, TK-6: of 64 racers over sockets exactly one gets tokens")
    func racers() async throws {
        try await TestServer.run(environment: { $0.eventLoopCount = 4 }) { server in
            let client = try await OAuthTestClient.registered(at: server)
            for _ in 0..<3 {
                let code = try await server.issuedCode(for: client)
                let answers = try await race(64) { try await client.redeem(code) }
                let winners = answers.filter { $0.status == 200 }
                #expect(winners.count == 1)
                #expect(answers.filter { $0.isError(400, "invalid_grant") }.count == 63)
                // The losers were valid second redemptions: what the winner got is gone (TK-6).
                let tokens = try #require(winners.first)
                #expect(try await client.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
            }
        }
    }

    @Test("D-17: racers with wrong proofs do not spoil the one with the right one")
    func racersWithWrongProofs() async throws {
        try await TestServer.run(environment: { $0.eventLoopCount = 4 }) { server in
            let client = try await OAuthTestClient.registered(at: server)
            let stranger = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            async let strangers = race(4) { try await stranger.redeem(code) }
            let own = try await client.redeem(code)
            #expect(own.status == 200)
            #expect(try await strangers.allSatisfy { $0.isError(400, "invalid_grant") })
            #expect(try await client.refresh(own.refreshToken).status == 200)
        }
    }
}
