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

    @Test("D-80: the table stays at its bound, however many sources come")
    func bound() async {
        let limiter = SourceLimiter(rates: [.failure: .init(burst: 1, perMinute: 60)], bucketsMax: 100)
        for number in 0..<10_000 {
            _ = await limiter.spend(.failure, source: source(UInt32(number)), now: start)
            #expect(await limiter.count <= 106)
        }
    }

    @Test("S-16: seventy thousand /64s of one /48 have 32 times the rate of one, and another network has its own")
    func oneSite() async throws {
        let limiter = SourceLimiter(rates: [.registration: .init(burst: 20, perMinute: 30)])
        var admitted = 0
        for number in 0..<70_000 as Range<UInt64> {
            let source = IPAddress(v6: 0x2001_0db8_0001_0000 + number % 0x1_0000, number)
            if await limiter.spend(.registration, source: source, now: start) == nil { admitted += 1 }
        }
        #expect(admitted == 20 * 32)
        let other = try #require(IPAddress("2001:db8:2::1"))
        for _ in 0..<20 { #expect(await limiter.spend(.registration, source: other, now: start) == nil) }
        #expect(await limiter.spend(.registration, source: other, now: start) != nil)
        #expect(await limiter.spend(.registration, source: source(1), now: start) == nil)
    }

    @Test("S-16: a /56 has 8 times the rate of a /64, and a refusal by it takes nothing from the /64")
    func oneSubnet() async throws {
        let limiter = SourceLimiter(rates: [.failure: .init(burst: 2, perMinute: 60)])
        func spend(_ high: UInt64) async -> Duration? {
            await limiter.spend(.failure, source: IPAddress(v6: high, 1), now: start)
        }
        for number in 0..<16 as Range<UInt64> { #expect(await spend(0x2001_0db8_0001_0100 + number) == nil) }
        #expect(await spend(0x2001_0db8_0001_0110) != nil)
        // Another /56 of the same /48.
        #expect(await spend(0x2001_0db8_0001_0200) == nil)
        let later = start + .milliseconds(125)
        let refused = IPAddress(v6: 0x2001_0db8_0001_0110, 1)
        #expect(await limiter.spend(.failure, source: refused, now: later) == nil)
    }

    @Test("S-16: a flood that fills the table gives no source a fresh allowance, and refuses its own network only")
    func fullTable() async throws {
        let limiter = SourceLimiter(rates: [.failure: .init(burst: 2, perMinute: 1)], bucketsMax: 1000)
        let guesser = try #require(IPAddress("192.0.2.1"))
        for _ in 0..<2 { #expect(await limiter.spend(.failure, source: guesser, now: start) == nil) }
        #expect(await limiter.spend(.failure, source: guesser, now: start) != nil)
        var admitted = 0
        for number in 0..<10_000 where await limiter.spend(.failure, source: source(UInt32(number)), now: start) == nil
        {
            admitted += 1
        }
        // Its 999 buckets hold one token more each, and the others share 32 times the rate.
        #expect(admitted == 999 + 64)
        #expect(await limiter.spend(.failure, source: guesser, now: start) != nil)
        let bystander = try #require(IPAddress("198.51.100.1"))
        #expect(await limiter.spend(.failure, source: bystander, now: start) == nil)
        #expect(await limiter.spend(.failure, source: try #require(IPAddress("10.0.99.99")), now: start) != nil)
    }
}
