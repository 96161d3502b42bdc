import OAuthProtocol
import Testing

@testable import UpstreamIdentity

@Suite("The status of a provider")
struct UpstreamStatusTests {
    private static let start = Timestamp(secondsSinceEpoch: 1_795_000_000)

    @Test("the newer of success and failure decides, and of the same moment the failure")
    func summary() {
        let breaker = RefreshBreaker()
        let start = Self.start
        #expect(breaker.status(now: start).summary == .unused)
        breaker.reset(now: start)
        #expect(breaker.status(now: start).summary == .working)
        breaker.note(.clientRefused, now: start)
        #expect(breaker.status(now: start).summary == .failing)
        breaker.reset(now: start + .seconds(1))
        let status = breaker.status(now: start + .seconds(1))
        #expect(status.summary == .working && status.failure == .clientRefused && status.failedAt == start)
    }

    @Test("after repeated failures refreshes are paused, until the pause ends")
    func paused() throws {
        let breaker = RefreshBreaker()
        for _ in 0..<RefreshBreaker.failuresMax {
            try breaker.enter(now: Self.start)
            breaker.leave(.temporary("no answer"), now: Self.start)
        }
        #expect(breaker.status(now: Self.start).summary == .paused)
        let later = breaker.status(now: Self.start + RefreshBreaker.pause)
        #expect(later.summary == .failing && later.failure == .providerUnavailable)
    }
}
