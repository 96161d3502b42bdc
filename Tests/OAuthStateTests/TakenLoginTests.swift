import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

@Suite("LO-1: a logout finds a login whose callback is at work, for as long as it may be")
struct TakenLoginTests {
    @Test("in its second leg too, after the time of its first")
    func secondLeg() async throws {
        let store = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        let start = StoreSample.now
        func take(_ login: PendingLogin, _ state: String, at seconds: Int) async throws -> PendingOutcome {
            let now = start + .seconds(seconds)
            let digest = StoreSample.digest(state)
            #expect(try await store.begin(login, state: digest, now: now).outcome == .admitted)
            return try await store.takePending(state: digest, upstream: "github", binding: login.binding, now: now)
                .outcome
        }
        let first = StoreSample.pending(1)
        #expect(try await take(first, "first leg", at: 0) == .taken(first))
        let second = StoreSample.pending(1, expiry: start + .seconds(1190))
        #expect(try await take(second, "second leg", at: 590) == .taken(second))
        // Another callback drops what has expired; the login that was taken is not among it.
        let other = StoreSample.pending(2, expiry: start + .seconds(1200))
        #expect(try await take(other, "another login", at: 601) == .taken(other))
        _ = try await store.end(SessionEnding(sessions: [first.sessionID])).outcome
        let now = start + .seconds(602)
        let code = try await store.issueCode(StoreSample.digest("code"), for: StoreSample.grant(1), now: now).outcome
        #expect(code == .ended)
    }
}
