import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

@Suite("RFC 6749 §6: the last number of a family")
struct LastGenerationTests {
    @Test("a refresh token with the last generation refreshes, and stops nothing")
    func lastGeneration() async throws {
        var policy = SessionPolicy()
        policy.possiblyBehindSince = StoreSample.now + .seconds(1)
        let store = AuthorizationSessions(policy: policy, journal: VolatileJournal())
        let code = StoreSample.digest("code")
        _ = try await store.issueCode(code, for: StoreSample.grant(), now: StoreSample.now).outcome
        _ = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        let first = try await store.rotate(StoreSample.use(generation: .max), now: StoreSample.now).outcome
        let second = try await store.rotate(StoreSample.use(generation: .max), now: StoreSample.now).outcome
        guard case .caughtUp(let leapt) = first, case .rotated(let session) = second else {
            Issue.record("came to \(first) and \(second)")
            return
        }
        #expect(leapt.generation == .max && session.generation == .max)
    }
}
