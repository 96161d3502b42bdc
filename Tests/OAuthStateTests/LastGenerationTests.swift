import AuthorizationServerTesting
import DurableLog
import OAuthProtocol
import OAuthState
import Testing

@Suite("RFC 6749 §6: the last number of a family")
struct LastGenerationTests {
    @Test("a refresh token with the last generation refreshes, and stops nothing")
    func lastGeneration() async throws {
        let store = AuthorizationSessions(policy: SessionPolicy(), journal: VolatileJournal())
        let code = StoreSample.digest("code")
        _ = try await store.issueCode(code, for: StoreSample.grant(), now: StoreSample.now).outcome
        _ = try await store.redeem(StoreSample.redemption("code"), now: StoreSample.now).outcome
        for _ in 0..<2 {
            let outcome = try await store.rotate(StoreSample.use(generation: .max), now: StoreSample.now).outcome
            guard case .rotated(let session) = outcome else {
                Issue.record("came to \(outcome)")
                return
            }
            #expect(session.generation == .max)
        }
    }
}
