import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP
import Synchronization
import Testing

@testable import AuthorizationServer

/// LM-1: each of several nodes allows its part of the configured rates.
@Suite("A node's share of the rates")
struct NodeShareTests {
    private let start = Timestamp(secondsSinceEpoch: 1_800_000_000)
    private let source = IPAddress(v4: 0x0A00_0001)

    /// Stores that this many nodes use.
    private final class CountedNodes: StoreUpkeep {
        private let count: Mutex<Int>

        init(_ count: Int) { self.count = Mutex(count) }

        func become(_ count: Int) { self.count.withLock { $0 = count } }

        var isAvailable: Bool { true }
        var nodeCount: Int { count.withLock { $0 } }
        func sweep(now: Timestamp, limit: Int) async {}
        func counts() async throws(StoreError) -> StoreCounts { StoreCounts() }
    }

    private func admitted(_ limiter: SourceLimiter, now: Timestamp) async -> Int {
        var count = 0
        while await limiter.spend(.failure, source: source, now: now) == nil { count += 1 }
        return count
    }

    @Test("of four nodes, each allows a quarter, and refills at a quarter of the rate")
    func quarter() async {
        let limiter = SourceLimiter(
            rates: [.failure: .init(burst: 20, perMinute: 60)],
            share: NodeShare(CountedNodes(4))
        )
        #expect(await admitted(limiter, now: start) == 5)
        #expect(await admitted(limiter, now: start + .seconds(4)) == 1)
    }

    @Test("a node that joins takes its part at once, and one that leaves returns it; what was spent remains spent")
    func changes() async {
        let nodes = CountedNodes(1)
        let limiter = SourceLimiter(rates: [.failure: .init(burst: 20, perMinute: 1)], share: NodeShare(nodes))
        for _ in 0..<8 { #expect(await limiter.spend(.failure, source: source, now: start) == nil) }
        nodes.become(2)
        #expect(await admitted(limiter, now: start) == 2)
        nodes.become(1)
        #expect(await admitted(limiter, now: start) == 10)
    }

    @Test("S-16: guesses of one secret, and of all clients' secrets, are divided too")
    func guesses() {
        let limiter = GuessLimiter(rate: .init(burst: 40, perMinute: 1), share: NodeShare(CountedNodes(2)))
        var refused = 0
        for _ in 0..<10 {
            let verdict = limiter.attempt(.client(id: "one"), from: source, now: start) { false }
            if case .refused = verdict { refused += 1 }
        }
        // A fifth of 40 for one secret, of which this node has half.
        #expect(refused == 6)
        var compared = 0
        for number in 0..<40 {
            let verdict = limiter.attempt(.client(id: "other \(number)"), from: source, now: start) { false }
            if case .wrong = verdict { compared += 1 }
        }
        #expect(compared == 16)
    }

    @Test("CM-7: fetches from one host are divided too")
    func fetches() {
        var limits = DocumentFetchLimits(perHost: .init(burst: 12, perMinute: 1))
        limits.share = NodeShare(CountedNodes(3))
        var allowance = FetchAllowance(limits, renewals: .init(burst: 6, perMinute: 1))
        for (isKnown, expected) in [(false, 4), (true, 2)] {
            var admitted = 0
            for _ in 0..<20 {
                let admission = allowance.admit(
                    "host.example",
                    isLoopback: false,
                    source: nil,
                    isKnown: isKnown,
                    now: start
                )
                if case .admitted = admission { admitted += 1 }
            }
            #expect(admitted == expected)
        }
    }
}
