import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import OutboundHTTP
import ServerConfiguration
import Synchronization
import Testing

/// VT-4, VR-1 to VR-12: how the vault keeps upstream tokens fresh.
@Suite("Upstream refresh")
struct UpstreamRefreshTests {
    private func run(
        _ refreshTokens: DevelopmentIdentityProvider.Configuration.RefreshTokens = .rotating,
        environment: (inout ServerEnvironment) -> Void = { _ in },
        _ body: (TestServer, OAuthTestClient, String) async throws -> Void
    ) async throws {
        var provider = DevelopmentIdentityProvider.Configuration()
        provider.openIDConnect.accessTokenLifetime = .seconds(600)
        provider.openIDConnect.refreshTokens = refreshTokens
        try await TestServer.run(provider: provider, environment: environment) { server in
            let (client, tokens) = try await server.loggedIn()
            try await body(server, client, try tokens.accessToken)
        }
    }

    private func connection(_ server: TestServer, _ accessToken: String) async throws -> Connection {
        let claims = try DecodedToken(accessToken).claims
        let userID = try #require(claims["sub"]?.stringValue.flatMap(UserID.init))
        return try #require(await server.server.stores.vault.connections(of: userID).first)
    }

    @Test("VR-7: a token is refreshed a minute before it expires, and not much earlier")
    func due() async throws {
        try await run { server, client, token in
            let first = try await client.exchange(token)
            #expect(first.json["expires_in"]?.integerValue == 600)
            server.clock.advance(by: .seconds(520))
            let same = try await client.exchange(token)
            #expect(same["access_token"] == first["access_token"] && same.json["refreshed"] == false)
            #expect(same.json["expires_in"]?.integerValue == 80)
            server.clock.advance(by: .seconds(25))
            let next = try await client.exchange(token)
            #expect(next.status == 200 && next["access_token"] != first["access_token"])
            #expect(next.json["refreshed"] == true && next.json["expires_in"]?.integerValue == 600)
            #expect(next.json["obtained_at"]?.integerValue == Int(server.clock.now().secondsSinceEpoch))
            let report = try #require(await server.provider.grantReports().first)
            #expect(report.refreshCount == 1 && report.revocation == nil)
            let again = try await client.exchange(token)
            #expect(again["access_token"] == next["access_token"] && again.json["refreshed"] == false)
        }
    }

    @Test("VX-2: min_ttl asks for a token that lives long enough")
    func minimumLifetime() async throws {
        try await run { server, client, token in
            let first = try await client.exchange(token)
            server.clock.advance(by: .seconds(400))
            let enough = try await client.exchange(token, ["min_ttl": "100"])
            #expect(enough["access_token"] == first["access_token"])
            let longer = try await client.exchange(token, ["min_ttl": "300"])
            #expect(longer.json["refreshed"] == true && longer.json["expires_in"]?.integerValue == 600)
        }
    }

    @Test("a min_ttl that no token of the provider has does not refresh at every request")
    func unreachableMinimumLifetime() async throws {
        try await run { server, client, token in
            let first = try await client.exchange(token, ["min_ttl": "3600"])
            #expect(first.json["refreshed"] == false)
            server.clock.advance(by: .seconds(60))
            for isRefreshed in [true, false, false] {
                let answer = try await client.exchange(token, ["min_ttl": "3600"])
                #expect(answer.json["refreshed"] == .bool(isRefreshed))
                #expect(answer.json["expires_in"]?.integerValue == 600)
            }
        }
    }

    @Test("VR-6, VT-4: 100 parallel retrievals of an expired token are one redemption upstream")
    func singleFlight() async throws {
        try await run(environment: { $0.eventLoopCount = 4 }) { server, client, token in
            for round in 1...3 {
                server.clock.advance(by: .seconds(600))
                let gate = ResponseGate()
                server.provider.script(.holdResponse(gate), on: .token)
                let asked = server.provider.requestCount(on: .token)
                async let racing = race(100) { try await client.exchange(token) }
                await gate.waitForArrivals()
                gate.open()
                let answers = try await racing
                #expect(answers.filter { $0.status == 200 }.count == 100)
                #expect(Set(try answers.map { try $0.accessToken }).count == 1)
                #expect(server.provider.requestCount(on: .token) == asked + 1)
                let report = try #require(await server.provider.grantReports().first)
                #expect(report.refreshAttemptCount == round && report.revocation == nil)
            }
        }
    }

    @Test("VR-6: a refresh continues when its caller has disconnected")
    func requesterLeaves() async throws {
        try await run { server, client, token in
            server.clock.advance(by: .seconds(600))
            let gate = ResponseGate()
            server.provider.script(.holdResponse(gate), on: .token)
            let impatient = Task { try await client.exchange(token) }
            await gate.waitForArrivals()
            impatient.cancel()
            _ = await impatient.result
            gate.open()
            #expect(try await client.exchange(token).status == 200)
            let report = try #require(await server.provider.grantReports().first)
            #expect(report.refreshAttemptCount == 1 && report.revocation == nil)
        }
    }

    @Test("VT-2: a session that is revoked while its upstream token is refreshed gets nothing more")
    func revokedMeanwhile() async throws {
        try await run { server, client, token in
            server.clock.advance(by: .seconds(600))
            let gate = ResponseGate()
            server.provider.script(.holdResponse(gate), on: .token)
            async let pending = client.exchange(token)
            await gate.waitForArrivals()
            let tsid = try #require(try DecodedToken(token).claims["tsid"]?.stringValue)
            let session = try #require(SessionID(tsid))
            #expect(try await server.server.stores.sessions.revoke(session).outcome != nil)
            gate.open()
            let answer = try await pending
            #expect(answer.status == 400)
            #expect(answer.error == "invalid_grant")
            #expect(answer.json["access_token"] == nil)
        }
    }

    @Test("VR-9: invalid_grant from the provider is reauth_required, and stays so until the user connects again")
    func invalidGrant() async throws {
        try await run { server, client, token in
            await server.provider.revokeGrants(of: "ada")
            server.clock.advance(by: .seconds(600))
            let asked = server.provider.requestCount(on: .token)
            for _ in 0..<3 {
                let answer = try await client.exchange(token)
                #expect(answer.isError(400, "interaction_required"))
                #expect(answer["reason"] == "reauth_required")
            }
            // The provider is asked once and no more.
            #expect(server.provider.requestCount(on: .token) == asked + 1)
            #expect(try await connection(server, token).status == .reauthorizationRequired)
            let again = try await client.tokens(at: server)
            #expect(try await client.exchange(again.accessToken).status == 200)
            // A connection belongs to the user, so that the older session can use it again too.
            #expect(try await client.exchange(token).status == 200)
        }
    }

    @Test("VR-9: 100 parallel retrievals of a dead connection ask the provider once")
    func invalidGrantRaced() async throws {
        try await run(environment: { $0.eventLoopCount = 4 }) { server, client, token in
            await server.provider.revokeGrants(of: "ada")
            server.clock.advance(by: .seconds(600))
            let asked = server.provider.requestCount(on: .token)
            let answers = try await race(100) { try await client.exchange(token) }
            #expect(answers.allSatisfy { $0["reason"] == "reauth_required" })
            #expect(server.provider.requestCount(on: .token) == asked + 1)
        }
    }

    /// A failure of the provider that says nothing about the user.
    struct Trouble: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fault: Fault
        var retryAfter: String?
    }

    static let troubles = [
        Trouble(testDescription: "503", fault: .unavailable),
        Trouble(testDescription: "500", fault: .status(500, body: "<html>")),
        Trouble(testDescription: "502 with a page", fault: .status(502, headerFields: ["Content-Type": "text/html"])),
        Trouble(testDescription: "429", fault: .tooManyRequests(retryAfter: 30), retryAfter: "30"),
        Trouble(testDescription: "server_error", fault: .oauthError("server_error", status: 500)),
        Trouble(testDescription: "temporarily_unavailable", fault: .oauthError("temporarily_unavailable")),
        Trouble(testDescription: "connection closed", fault: .closeConnection),
        Trouble(testDescription: "half a JSON object", fault: .malformedJSON),
        Trouble(testDescription: "a proxy's page", fault: .page),
        Trouble(testDescription: "a redirect", fault: .redirect(to: "http://127.0.0.1:1/")),
    ]

    @Test("VT-2, VR-9: an outage of the provider is 503 with Retry-After and logs no user out", arguments: troubles)
    func trouble(trouble: Trouble) async throws {
        try await run { server, client, token in
            server.clock.advance(by: .seconds(600))
            server.provider.script(trouble.fault, on: .token, times: 2)
            for _ in 0..<2 {
                let answer = try await client.exchange(token)
                #expect(answer.isError(503, "temporarily_unavailable"))
                let retryAfter = try #require(answer.header("retry-after"))
                #expect(trouble.retryAfter.map { $0 == retryAfter } ?? ((Int(retryAfter) ?? 0) > 0))
            }
            #expect(try await connection(server, token).status == .active)
            #expect(try await client.exchange(token).status == 200)
        }
    }

    @Test("VR-9: a token that is still good is handed out while the provider is in trouble", arguments: troubles)
    func troubleBeforeExpiry(trouble: Trouble) async throws {
        try await run { server, client, token in
            let first = try await client.exchange(token)
            server.clock.advance(by: .seconds(550))
            server.provider.script(trouble.fault, on: .token)
            let same = try await client.exchange(token)
            #expect(same.status == 200 && same["access_token"] == first["access_token"])
            #expect(same.json["refreshed"] == false && same.json["expires_in"]?.integerValue == 50)
            #expect(server.provider.pendingFaultCount(on: .token) == 0)
        }
    }

    @Test("VT-2: a timeout is 503, and the old token is handed out while it is good")
    func timeouts() async throws {
        let switchable = Switch()
        try await run(environment: { $0.transport = TimingOutTransport(base: $0.transport, isOn: switchable) }) {
            server,
            client,
            token in
            switchable.isOn = true
            server.clock.advance(by: .seconds(550))
            #expect(try await client.exchange(token).status == 200)
            server.clock.advance(by: .seconds(50))
            let answer = try await client.exchange(token)
            #expect(answer.isError(503, "temporarily_unavailable"))
            #expect(answer.header("retry-after") != nil)
            switchable.isOn = false
            #expect(try await client.exchange(token).status == 200)
        }
    }

    @Test("VR-10: a provider that refuses us logs no user out, and invalidates no token")
    func invalidClient() async throws {
        try await run { server, client, token in
            server.clock.advance(by: .seconds(550))
            server.provider.script(.invalidClient, on: .token, times: 2)
            let same = try await client.exchange(token)
            #expect(same.status == 200 && same.json["refreshed"] == false)
            server.clock.advance(by: .seconds(50))
            #expect(try await client.exchange(token).isError(500, "server_error"))
            #expect(try await connection(server, token).status == .active)
            #expect(try await client.exchange(token).status == 200)
        }
    }

    @Test(
        "VR-4, VT-4: the rotated refresh token is kept though the ID token beside it is bad",
        arguments: [
            ("foreign key", .idTokenSignature(.foreignKey)), ("expired", .expiredIDToken),
            ("another audience", .wrongAudience), ("another issuer", .wrongIssuer), ("unsigned", .algorithmNone),
            ("no subject", .idTokenClaim("sub", nil)), ("no token at all", .replace("id_token", "x")),
        ] as [(String, Fault)]
    )
    func badIDToken(name: String, fault: Fault) async throws {
        try await run { server, client, token in
            server.clock.advance(by: .seconds(600))
            server.provider.script(fault, on: .token)
            #expect(try await client.exchange(token).status == 200)
            server.clock.advance(by: .seconds(600))
            #expect(try await client.exchange(token).json["refreshed"] == true)
            let report = try #require(await server.provider.grantReports().first)
            #expect(report.refreshCount == 2 && report.revocation == nil)
        }
    }

    @Test("VR-4: the rotated refresh token is kept though the provider's keys cannot be fetched")
    func unreachableKeys() async throws {
        try await run { server, client, token in
            server.clock.advance(by: .seconds(600))
            try server.provider.rotateKeys(keepingOld: false)
            server.provider.script(.unavailable, on: .keySet, times: 10)
            #expect(try await client.exchange(token).status == 200)
            server.provider.clearScript()
            server.clock.advance(by: .seconds(600))
            #expect(try await client.exchange(token).status == 200)
            #expect(await server.provider.grantReports().first?.revocation == nil)
        }
    }

    @Test("UP-2: tokens of another account are never handed out as this one's")
    func otherAccount() async throws {
        try await run { server, client, token in
            let before = try await connection(server, token)
            server.clock.advance(by: .seconds(600))
            server.provider.script(.changedSubject("mallory"), on: .token)
            for _ in 0..<2 {
                let answer = try await client.exchange(token)
                #expect(answer.isError(400, "interaction_required"))
                #expect(answer["reason"] == "reauth_required")
            }
            // VR-4 still holds: the rotated refresh token is kept.
            #expect(try await connection(server, token).tokens.refreshToken != before.tokens.refreshToken)
            _ = try await client.tokens(at: server)
            #expect(try await client.exchange(token).status == 200)
        }
    }

    @Test("VR-3: a refresh token that the answer does not repeat stays good")
    func reusableRefreshTokens() async throws {
        try await run(.reusable) { server, client, token in
            for round in 1...4 {
                server.clock.advance(by: .seconds(600))
                let answer = try await client.exchange(token)
                #expect(answer.json["refreshed"] == true)
                #expect(await server.provider.grantReports().first?.refreshCount == round)
            }
        }
    }

    @Test("VR-5: without a refresh token an expired token is reauth_required, and a good one is good to its end")
    func noRefreshToken() async throws {
        try await run(.none) { server, client, token in
            server.clock.advance(by: .seconds(599))
            let last = try await client.exchange(token, ["min_ttl": "300"])
            #expect(last.status == 200 && last.json["expires_in"]?.integerValue == 1)
            server.clock.advance(by: .seconds(1))
            let answer = try await client.exchange(token)
            #expect(answer.isError(400, "interaction_required") && answer["reason"] == "reauth_required")
        }
    }

    @Test("VR-5: a refresh without expires_in leaves it out; no lifetime is made up")
    func refreshWithoutExpiry() async throws {
        try await run { server, client, token in
            server.clock.advance(by: .seconds(600))
            server.provider.script(.omitExpiresIn, on: .token)
            let answer = try await client.exchange(token)
            #expect(answer.json["refreshed"] == true && answer.json["expires_in"] == nil)
            server.clock.advance(by: .seconds(2000))
            #expect(try await client.exchange(token)["access_token"] == answer["access_token"])
        }
    }

    @Test("VR-1: a login during a refresh wins, and no caller gets the older tokens")
    func loginDuringRefresh() async throws {
        try await run { server, client, token in
            server.clock.advance(by: .seconds(600))
            let gate = ResponseGate()
            server.provider.script(.holdResponse(gate), on: .token)
            async let waiting = client.exchange(token)
            await gate.waitForArrivals()
            let again = try await client.tokens(at: server)
            let fresh = try await client.exchange(again.accessToken)
            #expect(fresh.status == 200)
            gate.open()
            let answer = try await waiting
            #expect(answer.status == 200 && answer["access_token"] == fresh["access_token"])
            server.clock.advance(by: .seconds(600))
            #expect(try await client.exchange(again.accessToken).status == 200)
        }
    }
}

private final class Switch: Sendable {
    private let state = Mutex(false)

    var isOn: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// A network on which refreshes take too long, without taking that long.
private struct TimingOutTransport: OutboundTransport {
    let base: any OutboundTransport
    let isOn: Switch

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        guard !isOn.isOn || !request.url.hasSuffix("/token") else {
            throw OutboundError(.timeout, "the provider takes too long")
        }
        return try await base.send(request)
    }
}
