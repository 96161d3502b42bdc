import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import ServerConfiguration
import Testing

/// RFC 9700 §4.14.2 and FD-1: real clients race, thieves come later.
@Suite("Refresh tokens: reuse")
struct RefreshTokenReuseTests {
    @Test("FD-1: within the grace the predecessor yields the same successor, byte for byte")
    func repeatWithinGrace() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let first = try await client.refresh(tokens.refreshToken)
            for _ in 0..<3 {
                server.clock.advance(by: .seconds(39))
                let again = try await client.refresh(tokens.refreshToken)
                #expect(again.status == 200)
                #expect(again["refresh_token"] == first["refresh_token"])
                // The tokens of the first request stay valid, and those of the repeat are valid too.
                #expect(try await client.exchange(first.accessToken).status == 200)
                #expect(try await client.exchange(again.accessToken).status == 200)
            }
            #expect(try await client.refresh(first.refreshToken).status == 200)
        }
    }

    @Test("FD-1, D-26: after the grace the predecessor revokes the family")
    func repeatAfterGrace() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let first = try await client.refresh(tokens.refreshToken)
            server.clock.advance(by: .seconds(120))
            #expect(try await client.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
            #expect(try await client.refresh(first.refreshToken).isError(400, "invalid_grant"))
            #expect(try await client.exchange(first.accessToken).isError(400, "invalid_grant"))
            let events = try server.auditEvents("token.reuse_detected")
            #expect(events.count == 1)
            #expect(events.first?["client_id"] == .string(client.id))
        }
    }

    @Test("FD-1: repeats within the grace do not lengthen it")
    func graceIsNotRenewed() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            _ = try await client.refresh(tokens.refreshToken)
            server.clock.advance(by: .seconds(100))
            #expect(try await client.refresh(tokens.refreshToken).status == 200)
            server.clock.advance(by: .seconds(20))
            #expect(try await client.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
        }
    }

    @Test("D-28: two generations back revokes the family, also within the grace")
    func twoGenerationsBack() async throws {
        try await TestServer.run { server in
            let (client, tokens) = try await server.loggedIn()
            let second = try await client.refresh(tokens.refreshToken)
            let third = try await client.refresh(second.refreshToken)
            #expect(try await client.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
            #expect(try await client.refresh(third.refreshToken).isError(400, "invalid_grant"))
            #expect(try await client.exchange(third.accessToken).isError(400, "invalid_grant"))
        }
    }

    @Test("FD-1: a grace of zero is strict")
    func strict() async throws {
        try await TestServer.run(configure: { $0.tokens.refreshReuseGrace = .zero }) { server in
            let (client, tokens) = try await server.loggedIn()
            let first = try await client.refresh(tokens.refreshToken)
            #expect(try await client.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
            #expect(try await client.refresh(first.refreshToken).isError(400, "invalid_grant"))
        }
    }

    @Test("D-26: one family's reuse leaves the user's other logins alone (CM-11)")
    func otherFamilies() async throws {
        try await TestServer.run { server in
            let client = try await OAuthTestClient.registered(at: server)
            let laptop = try await client.tokens(at: server)
            let phone = try await client.tokens(at: server)
            let second = try await client.refresh(laptop.refreshToken)
            _ = try await client.refresh(second.refreshToken)
            #expect(try await client.refresh(laptop.refreshToken).isError(400, "invalid_grant"))
            #expect(try await client.refresh(phone.refreshToken).status == 200)
        }
    }

    @Test("D-27, FD-1: of 64 racers over sockets all get 200, the same successor, and tokens that work")
    func racers() async throws {
        try await TestServer.run(environment: { $0.eventLoopCount = 4 }) { server in
            let (client, tokens) = try await server.loggedIn()
            var current = try tokens.refreshToken
            for _ in 0..<3 {
                let token = current
                let answers = try await race(64) { try await client.refresh(token) }
                #expect(answers.filter { $0.status == 200 }.count == 64)
                let successors = Set(try answers.map { try $0.refreshToken })
                #expect(successors.count == 1 && !successors.contains(token))
                let accessTokens = Set(try answers.map { try $0.accessToken })
                #expect(accessTokens.count == 64)
                let uses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for accessToken in accessTokens {
                        group.addTask { try await client.exchange(accessToken).status }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(uses == Array(repeating: 200, count: 64))
                current = try #require(successors.first)
            }
            #expect(try server.auditEvents("token.reuse_detected").isEmpty)
            let refreshes = try server.auditEvents("token.refreshed")
            #expect(refreshes.count == 192)
            #expect(refreshes.filter { $0["repeat"] == false }.count == 3)
        }
    }
}
