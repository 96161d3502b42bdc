import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

/// ST-1, TK-16: only durable changes are acknowledged, and a full disk uses up no code or token.
@Suite("Durability of tokens")
struct DurabilityTests {
    private func run(
        provider: DevelopmentIdentityProvider.Configuration = .init(),
        configure: (inout Configuration) -> Void = { _ in },
        _ body: (TestServer, ScriptedJournal) async throws -> Void
    ) async throws {
        let journal = ScriptedJournal()
        try await TestServer.run(
            provider: provider,
            configure: configure,
            environment: { $0.journal = journal }
        ) { server in
            try await body(server, journal)
        }
    }

    private func expectUnavailable(
        _ answer: OAuthTestClient.Answer,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.isError(503, "temporarily_unavailable"), sourceLocation: sourceLocation)
        #expect(answer.header("retry-after").flatMap { Int($0) } ?? 0 > 0, sourceLocation: sourceLocation)
    }

    @Test("TK-16: a code is not used up while the journal is unavailable")
    func codes() async throws {
        try await run { server, journal in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            let records = journal.records.count
            journal.isAvailable = false
            for _ in 0..<6 { expectUnavailable(try await client.redeem(code)) }
            #expect(journal.records.count == records)
            #expect(try server.auditEvents("token.issued").isEmpty)
            journal.isAvailable = true
            let tokens = try await client.redeem(code)
            #expect(tokens.status == 200)
            // The revocation by a replay is not promised before it can be kept.
            journal.isAvailable = false
            expectUnavailable(try await client.redeem(code))
            journal.isAvailable = true
            #expect(try await client.refresh(tokens.refreshToken).status == 200)
        }
    }

    @Test("TK-16: a refresh token is not rotated while the journal is unavailable")
    func refreshTokens() async throws {
        try await run { server, journal in
            let (client, tokens) = try await server.loggedIn()
            let records = journal.records.count
            journal.isAvailable = false
            expectUnavailable(try await client.refresh(tokens.refreshToken))
            #expect(journal.records.count == records)
            server.clock.advance(by: .seconds(1000))
            journal.isAvailable = true
            // Long after the grace: had it been rotated, this would be reuse.
            #expect(try await client.refresh(tokens.refreshToken).status == 200)
        }
    }

    @Test(
        "FD-1, TK-16: a rotation that did not become durable is answered 503, and can be tried again, whenever that is",
        arguments: [Duration.seconds(120), .zero]
    )
    func lostWait(grace: Duration) async throws {
        try await run(configure: { $0.tokens.refreshReuseGrace = grace }) { server, journal in
            let (client, tokens) = try await server.loggedIn()
            journal.refusesToWait = true
            for _ in 0..<3 { expectUnavailable(try await client.refresh(tokens.refreshToken)) }
            #expect(try server.auditEvents("token.refreshed").isEmpty)
            journal.refusesToWait = false
            server.clock.advance(by: .seconds(1000))
            let first = try await client.refresh(tokens.refreshToken)
            #expect(first.status == 200)
            #expect(try server.auditEvents("token.reuse_detected").isEmpty)
            if grace > .zero {
                #expect(try await client.refresh(tokens.refreshToken)["refresh_token"] == first["refresh_token"])
            }
            // After a durable use a second one is reuse.
            server.clock.advance(by: .seconds(1000))
            #expect(try await client.refresh(tokens.refreshToken).isError(400, "invalid_grant"))
            #expect(try server.auditEvents("token.reuse_detected").count == 1)
        }
    }

    @Test("TK-6, TK-16: a code whose redemption did not become durable is answered 503, and can be tried again, once")
    func lostRedemption() async throws {
        try await run { server, journal in
            let client = try await OAuthTestClient.registered(at: server)
            let code = try await server.issuedCode(for: client)
            journal.refusesToWait = true
            for _ in 0..<3 { expectUnavailable(try await client.redeem(code)) }
            #expect(await server.server.stores.sessions.counts.sessions == 0)
            #expect(try server.auditEvents("token.issued").isEmpty)
            journal.refusesToWait = false
            let tokens = try await client.redeem(code)
            #expect(tokens.status == 200)
            let refreshed = try await client.refresh(tokens.refreshToken)
            #expect(refreshed.status == 200)
            // After a durable redemption a second use is a replay.
            #expect(try await client.redeem(code).isError(400, "invalid_grant"))
            #expect(try await client.refresh(refreshed.refreshToken).isError(400, "invalid_grant"))
        }
    }

    @Test("CR-1, ST-1: no client is registered that a crash would forget")
    func registrations() async throws {
        try await run { server, journal in
            let client = try await OAuthTestClient.registered(at: server)
            let records = journal.records.count
            journal.isAvailable = false
            expectUnavailable(try await client.register(["redirect_uris": ["http://127.0.0.1/callback"]]))
            #expect(journal.records.count == records)
            #expect(await server.server.stores.clients.count == 1)
            journal.isAvailable = true
            #expect(try await client.register(["redirect_uris": ["http://127.0.0.1/callback"]]).status == 201)
        }
    }

    @Test("VT-4: an upstream refresh token is not spent while its successor could not be kept")
    func upstreamRefreshes() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = .seconds(600)
        try await run(provider: provider) { server, journal in
            let (client, tokens) = try await server.loggedIn()
            let first = try await client.exchange(tokens.accessToken)
            journal.isAvailable = false
            // A token that needs no refresh is still returned.
            #expect(try await client.exchange(tokens.accessToken)["access_token"] == first["access_token"])
            server.clock.advance(by: .seconds(600))
            let asked = server.provider.requestCount(on: .token)
            expectUnavailable(try await client.exchange(tokens.accessToken))
            #expect(server.provider.requestCount(on: .token) == asked)
            journal.isAvailable = true
            let second = try await client.exchange(tokens.accessToken)
            #expect(second.status == 200 && second["access_token"] != first["access_token"])
        }
    }

    @Test("VT-4: a rotated upstream token whose record did not become durable is not handed out, nor lost")
    func upstreamLostWait() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = .seconds(600)
        try await run(provider: provider) { server, journal in
            let (client, tokens) = try await server.loggedIn()
            server.clock.advance(by: .seconds(600))
            journal.refusesToWait = true
            expectUnavailable(try await client.exchange(tokens.accessToken))
            journal.refusesToWait = false
            #expect(try await client.exchange(tokens.accessToken).status == 200)
            server.clock.advance(by: .seconds(600))
            #expect(try await client.exchange(tokens.accessToken).status == 200)
            #expect(await server.provider.grantReports().allSatisfy { $0.revocation == nil })
        }
    }

    @Test("RFC 6749 §4.2.2.1 as TK-16 has it: a full table of sessions is 503, and the code stays")
    func fullTable() async throws {
        try await TestServer.run(environment: { $0.storeLimits.sessionsMax = 1 }) { server in
            let (client, _) = try await server.loggedIn()
            let code = try await server.issuedCode(for: client)
            expectUnavailable(try await client.redeem(code))
            expectUnavailable(try await client.redeem(code))
        }
    }
}
