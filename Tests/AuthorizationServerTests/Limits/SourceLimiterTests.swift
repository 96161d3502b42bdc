import AuthorizationServer
import OAuthProtocol
import ServerConfiguration
import SocketHTTP
import Testing

/// The token buckets behind the limits: bounded, and fair.
@Suite("Source limiter")
struct SourceLimiterTests {
    private let start = Timestamp(secondsSinceEpoch: 1_800_000_000)

    private func source(_ number: UInt32) -> IPAddress { IPAddress(v4: 0x0A00_0000 + number) }

    @Test("D-80: a source has its own bucket, of the rate of the purpose")
    func buckets() async {
        let limiter = SourceLimiter(rates: [.failure: .init(burst: 2, perMinute: 30)])
        #expect(await limiter.spend(.failure, source: source(1), now: start) == nil)
        #expect(await limiter.spend(.failure, source: source(1), now: start) == nil)
        #expect(await limiter.spend(.failure, source: source(1), now: start) == .seconds(2))
        #expect(await limiter.spend(.failure, source: source(2), now: start) == nil)
        #expect(await limiter.spend(.failure, source: source(1), now: start + .seconds(2)) == nil)
        #expect(await limiter.count == 2)
    }

    @Test("LM-2: one purpose never spends another's tokens")
    func purposes() async {
        let rate = Configuration.Rate(burst: 1, perMinute: 1)
        let limiter = SourceLimiter(rates: [.failure: rate, .registration: rate])
        #expect(await limiter.spend(.failure, source: source(1), now: start) == nil)
        #expect(await limiter.spend(.failure, source: source(1), now: start) != nil)
        #expect(await limiter.spend(.registration, source: source(1), now: start) == nil)
    }

    @Test("a purpose without a rate is not limited, and not counted")
    func withoutRate() async {
        let limiter = SourceLimiter(rates: [:])
        for _ in 0..<100 { #expect(await limiter.spend(.registration, source: source(1), now: start) == nil) }
        #expect(await limiter.count == 0)
    }

    @Test("D-80: the table stays at its bound, whoever comes")
    func bound() async {
        let limiter = SourceLimiter(rates: [.failure: .init(burst: 1, perMinute: 60)], bucketsMax: 100)
        for number in 0..<10_000 {
            #expect(await limiter.spend(.failure, source: source(UInt32(number)), now: start) == nil)
            #expect(await limiter.count <= 100)
        }
    }
}
