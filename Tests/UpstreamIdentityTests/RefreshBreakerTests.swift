import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

@Suite("VR-11: a failing provider gets no further refreshes for a while")
struct RefreshBreakerTests {
    private func asked(_ provider: ScriptedProvider) -> Int {
        provider.transport.requests(to: ScriptedProvider.tokenURL).count
    }

    @Test("After five failures in a row refreshes pause; then one tries, and a success ends the pause")
    func pause() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.status(503))
        for _ in 0..<5 { #expect(try await error { try await client.refresh(refreshToken: "rt") }.isTemporary) }
        #expect(client.refreshLoad.isPaused)
        let refused = try await error { try await client.refresh(refreshToken: "rt") }
        #expect(refused.retryAfter == .seconds(10))
        // Nothing was sent: the refresh token is as good as before.
        #expect(!refused.isOutcomeUnknown)
        #expect(asked(provider) == 5)
        provider.time.advance(by: .seconds(10))
        #expect(try await error { try await client.refresh(refreshToken: "rt") }.isTemporary)
        #expect(try await error { try await client.refresh(refreshToken: "rt") }.retryAfter == .seconds(10))
        #expect(asked(provider) == 6)
        provider.time.advance(by: .seconds(10))
        provider.transport.replace(ScriptedProvider.tokenURL, ScriptedTransport.json(["access_token": "at"]))
        _ = try await client.refresh(refreshToken: "rt")
        _ = try await client.refresh(refreshToken: "rt")
        #expect(client.refreshLoad == UpstreamRefreshLoad(inFlight: 0, isPaused: false))
    }

    @Test("Refusals are no outage: dead refresh tokens of many users pause no refreshes")
    func refusals() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        provider.transport.on(
            ScriptedProvider.tokenURL,
            ScriptedTransport.json(["error": "invalid_grant"], status: 400)
        )
        for _ in 0..<10 {
            #expect(try await error { try await client.refresh(refreshToken: "rt") }.code == .invalidGrant)
        }
        #expect(asked(provider) == 10)
    }

    @Test("A login passes while refreshes pause, and ends the pause")
    func login() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.status(429))
        for _ in 0..<5 { #expect(try await error { try await client.refresh(refreshToken: "rt") }.isTemporary) }
        #expect(client.refreshLoad.isPaused)
        provider.transport.replace(
            ScriptedProvider.tokenURL,
            ScriptedTransport.json(provider.tokenAnswer(idToken: try provider.idToken()))
        )
        _ = try await client.login()
        #expect(!client.refreshLoad.isPaused)
        _ = try await client.refresh(refreshToken: "rt")
    }

    @Test("Refreshes under way are bounded; one more is refused without being sent")
    func bound() async throws {
        let provider = try ScriptedProvider()
        let client = try provider.client()
        let gate = Gate()
        provider.transport.on(
            ScriptedProvider.tokenURL,
            { _ in
                await gate.wait()
                return .success(OutboundResponse(status: 200, body: Array(#"{"access_token":"at"}"#.utf8)))
            }
        )
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0...RefreshBreaker.inFlightMax {
                group.addTask {
                    do throws(UpstreamError) {
                        _ = try await client.refresh(refreshToken: "rt")
                        return true
                    } catch {
                        // The others continue only after the one over the bound was refused.
                        gate.open()
                        return false
                    }
                }
            }
            var successes = 0
            for try await isSuccess in group where isSuccess { successes += 1 }
            #expect(successes == RefreshBreaker.inFlightMax)
        }
        #expect(asked(provider) == RefreshBreaker.inFlightMax)
        #expect(client.refreshLoad.inFlight == 0)
    }

    @Test("A clock set back does not lengthen the pause")
    func clockSetBack() throws {
        let breaker = RefreshBreaker()
        let now = Timestamp(secondsSinceEpoch: 1_795_000_000)
        for _ in 0..<RefreshBreaker.failuresMax {
            try breaker.enter(now: now)
            breaker.leave(.temporary("x"), now: now)
        }
        #expect(throws: UpstreamError.self) { try breaker.enter(now: now) }
        try breaker.enter(now: now - .seconds(86_400))
    }
}
