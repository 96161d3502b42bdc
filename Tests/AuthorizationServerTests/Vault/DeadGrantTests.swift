import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import ServerConfiguration
import Testing

@testable import AuthorizationServer

@Suite("P-12, P-13, P-14, N-7: refresh tokens that are dead, and access tokens that live for seconds")
struct DeadGrantTests {
    private static func run(
        _ corp: DevelopmentIdentityProvider.Configuration = .init(),
        _ body: (VaultScene) async throws -> Void
    ) async throws {
        try await VaultScene.run(
            corp: corp,
            configure: { $0.tokens.accessTokenLifetime = .seconds(86_400) },
            body
        )
    }

    private static let refusals: [Fault] = [
        .oauthError("invalid_request"), .oauthError("unauthorized_client"), .status(401), .status(404), .status(403),
        .status(410, body: "gone"), .invalidClient, .errorWithStatus200("made_up"),
        .status(400, headerFields: ["Content-Type": "application/json"], body: #"{"error":"session_gone"}"#),
    ]

    @Test("P-12: three refusals over ten minutes, while others are served, are reauth_required", arguments: refusals)
    func repeatedRefusals(refusal: Fault) async throws {
        try await Self.run { scene in
            let token = try await scene.accessToken()
            let other = try await scene.accessToken(as: "grace")
            scene.clock.advance(by: .seconds(2 * 3600))
            for seconds in [0, 300] {
                scene.clock.advance(by: .seconds(seconds))
                scene.corp.script(refusal, on: .token)
                #expect(try await scene.exchange(token, ["corp"]).status != 200)
                #expect(try await scene.connection(of: token).status == .active)
            }
            #expect(try await scene.exchange(other, ["corp"]).status == 200)
            scene.clock.advance(by: .seconds(300))
            scene.corp.script(refusal, on: .token)
            let last = try await scene.exchange(token, ["corp"])
            #expect(last.error == "interaction_required" && last["reason"] == "reauth_required")
            #expect(last["connect_uri"] != nil)
            let connection = try await scene.connection(of: token)
            #expect(connection.status == .reauthorizationRequired && connection.reason == "refused_repeatedly")
            #expect(connection.tokens.refreshToken == nil)
            // Nothing more is sent, and the other user is not touched.
            let count = scene.refreshCount(scene.corp)
            #expect(try await scene.exchange(token, ["corp"])["reason"] == "reauth_required")
            #expect(scene.refreshCount(scene.corp) == count)
            #expect(try await scene.exchange(other, ["corp"]).status == 200)
        }
    }

    @Test("P-12, VR-10: a provider that refuses every user logs no user out, however often")
    func refusesEverybody() async throws {
        try await Self.run { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            scene.corp.script(.invalidClient, on: .token, times: 6)
            for _ in 0..<6 {
                #expect(try await scene.exchange(token, ["corp"]).error == "server_error")
                scene.clock.advance(by: .seconds(300))
            }
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
        }
    }

    @Test("P-12: three refusals in a minute, or between successes, end nothing; 429 and 5xx never count")
    func tooFewRefusals() async throws {
        try await Self.run { scene in
            let token = try await scene.accessToken()
            let other = try await scene.accessToken(as: "grace")
            scene.clock.advance(by: .seconds(2 * 3600))
            scene.corp.script(.status(404), on: .token, times: 5)
            for _ in 0..<5 {
                scene.clock.advance(by: .seconds(10))
                #expect(try await scene.exchange(token, ["corp"]).status != 200)
            }
            #expect(try await scene.exchange(other, ["corp"]).status == 200)
            scene.clock.advance(by: .seconds(700))
            #expect(try await scene.exchange(token, ["corp"]).status == 200)
            scene.clock.advance(by: .seconds(2 * 3600))
            for fault in [Fault.unavailable, .tooManyRequests(retryAfter: 1), .status(408), .unavailable] {
                scene.corp.script(fault, on: .token)
                #expect(try await scene.exchange(token, ["corp"]).status == 503)
                scene.clock.advance(by: .seconds(400))
                #expect(try await scene.exchange(other, ["corp"]).status == 200)
            }
            #expect(try await scene.connection(of: token).status == .active)
        }
    }

    @Test("P-12: what the provider said is in one warning and in the audit trail, without the token")
    func words() async throws {
        try await Self.run { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            let body = #"{"error":"invalid_request","error_description":"the \"grant\" has ended\u000d\u000aX: y"}"#
            scene.corp.script(
                .status(400, headerFields: ["Content-Type": "application/json"], body: body),
                on: .token
            )
            _ = try await scene.exchange(token, ["corp"])
            let warnings = scene.server.log.all.filter { $0.contains("an upstream refresh failed") }
            #expect(warnings.count == 1)
            let line = try #require(warnings.first)
            for part in ["corp", "request_refused", "invalid_request", "grant? has ended X: y", "request_id"] {
                #expect(line.contains(part), "\(part) in \(line)")
            }
            let event = try #require(scene.server.auditLog.all.last { $0.contains("upstream.refresh_failed") })
            #expect(event.contains("request_refused") && event.contains("has ended") && event.contains("request_id"))
        }
    }

    @Test("P-13: a refresh token that was called dead is erased, and a login without a new one revives nothing")
    func deadTokenIsErased() async throws {
        try await Self.run { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            scene.corp.script(.invalidGrant, on: .token)
            #expect(try await scene.exchange(token, ["corp"])["reason"] == "reauth_required")
            #expect(try await scene.connection(of: token).tokens.refreshToken == nil)
            scene.corp.script(.omitRefreshToken, on: .token)
            let again = try await scene.accessToken()
            let connection = try await scene.connection(of: again)
            #expect(connection.status == .active && connection.tokens.refreshToken == nil)
            let count = scene.refreshCount(scene.corp)
            #expect(try await scene.exchange(again, ["corp"]).status == 200)
            scene.clock.advance(by: .seconds(2 * 3600))
            #expect(try await scene.exchange(again, ["corp"])["reason"] == "reauth_required")
            #expect(scene.refreshCount(scene.corp) == count)
        }
    }

    @Test("P-13: a refresh that fails after a login has kept its token erases it there")
    func overtakenRefresh() async throws {
        try await Self.run { scene in
            let token = try await scene.accessToken()
            scene.clock.advance(by: .seconds(2 * 3600))
            let gate = ResponseGate()
            scene.corp.script(.hold(gate), .invalidGrant, on: .token)
            async let stale = scene.exchange(token, ["corp"])
            await gate.waitForArrivals()
            scene.corp.script(.omitRefreshToken, on: .token)
            let again = try await scene.accessToken()
            #expect(try await scene.connection(of: again).tokens.refreshToken != nil)
            gate.open()
            _ = try await stale
            let connection = try await scene.connection(of: again)
            #expect(connection.status == .active && connection.tokens.refreshToken == nil)
            #expect(try await scene.exchange(again, ["corp"]).status == 200)
        }
    }

    @Test("P-14: tokens of a minute and less are refreshed once a second at most", arguments: [60, 5, 1])
    func shortLives(lifetime: Int) async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = .seconds(lifetime)
        try await Self.run(provider) { scene in
            let token = try await scene.accessToken()
            for _ in 0..<10 { #expect(try await scene.exchange(token, ["corp"]).status == 200) }
            #expect(scene.refreshCount(scene.corp) == 0)
            scene.clock.advance(by: .seconds(lifetime))
            for _ in 0..<10 {
                #expect(try await scene.exchange(token, ["corp"], [("min_ttl", "30")]).status == 200)
                scene.clock.advance(by: .milliseconds(90))
            }
            #expect(scene.refreshCount(scene.corp) == 1)
        }
    }

    @Test("N-7: a report about a token that came from a login is honoured at once, with and without a known end")
    func reportAfterLogin() async throws {
        for lifetime in [Duration.seconds(3600), nil] {
            var provider = DevelopmentIdentityProvider.Configuration()
            provider.openIDConnect.accessTokenLifetime = lifetime
            try await Self.run(provider) { scene in
                let token = try await scene.accessToken()
                let refused = try await scene.exchange(token, ["corp"])
                #expect(try await scene.report(token)["status"] == "refresh_pending")
                let fresh = try await scene.exchange(token, ["corp"])
                #expect(fresh.status == 200 && fresh["access_token"] != refused["access_token"])
                // The refreshed one is a minute old before another report counts, so that no loop uses up the grant.
                #expect(try await scene.report(token).status == 429)
                // A new login is honoured again.
                let again = try await scene.accessToken()
                #expect(try await scene.report(again)["status"] == "refresh_pending")
            }
        }
    }

    @Test("N-7: a report about a token that cannot be refreshed sends the user to connect again")
    func reportWithoutRefreshToken() async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.refreshTokens = .none
        provider.openIDConnect.accessTokenLifetime = nil
        try await Self.run(provider) { scene in
            let token = try await scene.accessToken()
            #expect(try await scene.report(token)["status"] == "reauthorization_required")
            #expect(try await scene.exchange(token, ["corp"])["connect_uri"] != nil)
        }
    }

    @Test("P-12: counts of refusals are bounded and forgotten after a day")
    func bound() {
        let refusals = RepeatedRefusals(connectionCountMax: 8)
        let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
        func connection(_ number: UInt64) -> Connection { Self.connection(number) }
        for number in UInt64(1)...20 {
            let moment = now + .seconds(number)
            #expect(!refusals.note(connection(number), servedAt: nil, now: moment))
            #expect(refusals.connectionCount <= 8)
        }
        let first = connection(20)
        #expect(!refusals.note(first, servedAt: nil, now: now + .seconds(400)))
        #expect(!refusals.note(first, servedAt: now + .seconds(5), now: now + .seconds(90_000)))
        #expect(!refusals.note(first, servedAt: now + .seconds(91_000), now: now + .seconds(90_300)))
        var renewed = first
        renewed.version += 1
        #expect(!refusals.note(renewed, servedAt: now + .seconds(91_000), now: now + .seconds(90_600)))
        #expect(!refusals.note(first, servedAt: now + .seconds(91_000), now: now + .seconds(90_601)))
    }

    private static func connection(_ number: UInt64) -> Connection {
        Connection(
            id: ConnectionID(value: Bits128(number)),
            userID: UserID(value: Bits128(1)),
            upstream: "corp",
            account: "ada",
            accountName: nil,
            tokens: SealedTokens(accessToken: [1], refreshToken: [2]),
            scopes: .empty,
            accessTokenExpiry: nil,
            upstreamClientID: "gatehouse",
            status: .active,
            reason: nil,
            obtainedAt: Timestamp(secondsSinceEpoch: 1_700_000_000),
            refreshedAt: nil,
            usedAt: nil,
            version: 1,
            providerSessions: []
        )
    }
}
