import AuthorizationServer
import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol
import OAuthState
import Testing

@Suite("LO-1: a callback that no logout could find does not begin")
struct CallbackBoundTests {
    private static func run(_ body: (BrowserScene) async throws -> Void) async throws {
        try await BrowserScene.run(environment: { $0.storeLimits.pendingAuthorizationsMax = 1 }, body)
    }

    @Test("at the bound of callbacks at work the answer is 503, and the login goes on once there is room")
    func full() async throws {
        try await Self.run { scene in
            let sessions = scene.server.server.stores.sessions
            let now = scene.server.clock.now()
            let foreign = StoreSample.pending(7, expiry: now + PendingLogin.lifetime)
            let state = StoreSample.digest("foreign")
            #expect(try await sessions.begin(foreign, state: state, now: now).outcome == .admitted)
            let taken = try await sessions.takePending(
                state: state,
                upstream: foreign.upstream,
                binding: foreign.binding,
                now: now
            ).outcome
            #expect(taken == .taken(foreign))
            let url = try await scene.callbackURL(after: try await scene.approved())
            try await scene.browser.get(url).expectErrorPage(503)
            #expect(scene.server.provider.requestCount(on: .token) == 0)
            #expect(try scene.auditEvents("upstream.callback_refused").count == 1)
            await sessions.abandon(foreign.sessionID)
            let answer = try await scene.browser.get(url)
            #expect(try await scene.client.redeem(try #require(answer.redirectParameters["code"])).status == 200)
        }
    }

    @Test("callbacks that fail do not count towards the bound")
    func failures() async throws {
        try await Self.run { scene in
            for _ in 0..<3 {
                let url = try await scene.callbackURL(after: try await scene.approved())
                let refused = url.replacing(/([?&])code=[^&]*/) { "\($0.output.1)error=access_denied" }
                let answer = try await scene.browser.get(refused)
                #expect(answer.redirectParameters["error"] != nil)
            }
            let url = try await scene.callbackURL(after: try await scene.approved())
            #expect(try await scene.browser.get(url).redirectParameters["code"] != nil)
        }
    }
}
