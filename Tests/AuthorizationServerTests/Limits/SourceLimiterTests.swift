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

    @Test("D-80: a bucket holds its burst, and refills at its rate up to the burst")
    func bucket() async {
        let limiter = SourceLimiter(rates: [.failure: .init(burst: 2, perMinute: 30)])
        #expect(await limiter.spend(.failure, source: source(1), now: start) == nil)
        #expect(await limiter.spend(.failure, source: source(1), now: start) == nil)
        #expect(await limiter.spend(.failure, source: source(1), now: start) == .seconds(2))
        // A refused one costs nothing: who is refused is let in as soon as the others.
        #expect(await limiter.spend(.failure, source: source(1), now: start + .seconds(1)) == .seconds(1))
        #expect(await limiter.spend(.failure, source: source(1), now: start + .seconds(2)) == nil)
        let later = start + .seconds(3600)
        #expect(await limiter.spend(.failure, source: source(1), now: later) == nil)
        #expect(await limiter.spend(.failure, source: source(1), now: later) == nil)
        #expect(await limiter.spend(.failure, source: source(1), now: later) != nil)
    }

    @Test("a clock that is set back gives nobody anything, and takes nothing")
    func clockSetBack() async {
        let limiter = SourceLimiter(rates: [.failure: .init(burst: 1, perMinute: 60)])
        #expect(await limiter.spend(.failure, source: source(1), now: start) == nil)
        #expect(await limiter.spend(.failure, source: source(1), now: start - .seconds(100)) != nil)
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

    @Test("D-80: at the bound those give way whose buckets are full again; who is slowed down stays so")
    func evictionAtTheBound() async {
        let limiter = SourceLimiter(rates: [.failure: .init(burst: 10, perMinute: 60)], bucketsMax: 100)
        for number in 0..<99 { _ = await limiter.spend(.failure, source: source(UInt32(number)), now: start) }
        let flooder = source(5000)
        for _ in 0..<10 { _ = await limiter.spend(.failure, source: flooder, now: start) }
        let later = start + .seconds(1)
        #expect(await limiter.spend(.failure, source: flooder, now: later) == nil)
        #expect(await limiter.spend(.failure, source: flooder, now: later) != nil)
        // The 99 have refilled their one token by now.
        _ = await limiter.spend(.failure, source: source(6000), now: later)
        #expect(await limiter.count == 2)
        #expect(await limiter.spend(.failure, source: flooder, now: later) != nil)
    }
}
