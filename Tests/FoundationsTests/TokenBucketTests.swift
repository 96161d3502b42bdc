import Foundations
import Testing

@Suite("Token buckets")
struct TokenBucketTests {
    private static let start: Int64 = 1_800_000_000_000

    @Test("a bucket holds its burst, and refills at its rate up to the burst")
    func bucket() {
        var bucket = TokenBucket(rate: .init(burst: 2, perMinute: 30), atMilliseconds: Self.start)
        #expect(bucket.spend(atMilliseconds: Self.start) == nil)
        #expect(bucket.spend(atMilliseconds: Self.start) == nil)
        #expect(bucket.spend(atMilliseconds: Self.start) == .seconds(2))
        // A refused request costs nothing.
        #expect(bucket.spend(atMilliseconds: Self.start + 1000) == .seconds(1))
        #expect(bucket.spend(atMilliseconds: Self.start + 2000) == nil)
        let later = Self.start + 3_600_000
        #expect(bucket.isFull(atMilliseconds: later))
        #expect(bucket.spend(atMilliseconds: later) == nil)
        #expect(!bucket.isFull(atMilliseconds: later))
        #expect(bucket.spend(atMilliseconds: later) == nil)
        #expect(bucket.spend(atMilliseconds: later) != nil)
    }

    @Test("what is charged afterwards may leave a debt, which is paid before there is a token")
    func charge() {
        var buckets = TokenBuckets<Int>(bucketsMax: 10)
        let rate = TokenBucket.Rate(burst: 2, perMinute: 60)
        #expect(buckets.wait(1, rate: rate, atMilliseconds: Self.start) == nil)
        for _ in 0..<4 { buckets.charge(1, rate: rate, atMilliseconds: Self.start) }
        #expect(buckets.wait(1, rate: rate, atMilliseconds: Self.start) == .seconds(3))
        #expect(buckets.wait(1, rate: rate, atMilliseconds: Self.start + 2000) == .seconds(1))
        #expect(buckets.wait(1, rate: rate, atMilliseconds: Self.start + 3000) == nil)
        for key in 2..<100 {
            buckets.charge(key, rate: rate, atMilliseconds: Self.start)
            #expect(buckets.count <= 10)
        }
    }

    @Test("a bucket takes another rate: what was spent remains spent")
    func otherRate() {
        var buckets = TokenBuckets<Int>(bucketsMax: 10)
        let rate = TokenBucket.Rate(burst: 10, perMinute: 60)
        let half = rate.divided(by: 2)
        for _ in 0..<4 { #expect(buckets.spend(1, rate: rate, atMilliseconds: Self.start) == nil) }
        #expect(buckets.spend(1, rate: half, atMilliseconds: Self.start) == nil)
        #expect(buckets.spend(1, rate: half, atMilliseconds: Self.start) == .seconds(2))
        #expect(buckets.wait(1, rate: half, atMilliseconds: Self.start) == .seconds(2))
        #expect(buckets.wait(1, rate: rate, atMilliseconds: Self.start) == nil)
        for _ in 0..<5 { #expect(buckets.spend(1, rate: rate, atMilliseconds: Self.start) == nil) }
        #expect(buckets.spend(1, rate: rate, atMilliseconds: Self.start) == .seconds(1))
        // A debt remains: five are owed when five more were spent than half of the bucket holds.
        #expect(buckets.wait(1, rate: half, atMilliseconds: Self.start) == .seconds(12))
    }

    @Test("a part of a rate holds a token at least")
    func dividedRate() {
        let rate = TokenBucket.Rate(burst: 2, perMinute: 60).divided(by: 8)
        var bucket = TokenBucket(rate: rate, atMilliseconds: Self.start)
        #expect(bucket.spend(atMilliseconds: Self.start) == nil)
        #expect(bucket.spend(atMilliseconds: Self.start) == .seconds(8))
        #expect(TokenBucket.Rate(burst: 2, perMinute: 60).divided(by: 1) == .init(burst: 2, perMinute: 60))
        #expect(TokenBucket.Rate(burst: 2, perMinute: 60).divided(by: 0) == .init(burst: 2, perMinute: 60))
    }

    @Test("a bucket that does not refill names a minute")
    func noRefill() {
        var bucket = TokenBucket(rate: .init(burst: 1, perMinute: 0), atMilliseconds: Self.start)
        #expect(bucket.spend(atMilliseconds: Self.start) == nil)
        #expect(bucket.spend(atMilliseconds: .max) == .seconds(60))
    }

    @Test("a clock that is set back neither fills nor empties a bucket", arguments: [100_000, Int64.max])
    func clockSetBack(by milliseconds: Int64) {
        var bucket = TokenBucket(rate: .init(burst: 2, perMinute: 60), atMilliseconds: Self.start)
        #expect(bucket.spend(atMilliseconds: Self.start) == nil)
        #expect(bucket.spend(atMilliseconds: Self.start - milliseconds) == nil)
        #expect(bucket.spend(atMilliseconds: Self.start - milliseconds) == .seconds(1))
    }

    @Test("the table never exceeds its bound")
    func bound() {
        var buckets = TokenBuckets<Int>(bucketsMax: 100)
        let rate = TokenBucket.Rate(burst: 1, perMinute: 60)
        for key in 0..<10_000 {
            _ = buckets.spend(key, rate: rate, atMilliseconds: Self.start)
            #expect(buckets.count <= 100)
        }
    }

    @Test("S-16: at the bound nothing is forgotten, and new keys share a few buckets")
    func fullTable() {
        var buckets = TokenBuckets<Int>(bucketsMax: 100)
        let rate = TokenBucket.Rate(burst: 1, perMinute: 1)
        for key in 0..<100 { #expect(buckets.spend(key, rate: rate, atMilliseconds: Self.start) == nil) }
        let admitted = (100..<10_000).filter { buckets.spend($0, rate: rate, atMilliseconds: Self.start) == nil }
        #expect((1...256).contains(admitted.count))
        for key in 0..<100 { #expect(buckets.spend(key, rate: rate, atMilliseconds: Self.start) != nil) }
        // They come back with time, and the new keys get buckets of their own again.
        let later = Self.start + 60_000
        #expect(buckets.spend(5000, rate: rate, atMilliseconds: later) == nil)
        #expect(buckets.count == 1)
    }

    @Test("S-16: at the bound of charges the keys that are slowed down most stay slowed down")
    func chargesAtTheBound() {
        var buckets = TokenBuckets<Int>(bucketsMax: 100)
        let rate = TokenBucket.Rate(burst: 3, perMinute: 1)
        for _ in 0..<5 { buckets.charge(0, rate: rate, atMilliseconds: Self.start) }
        for key in 1..<2000 {
            buckets.charge(key, rate: rate, atMilliseconds: Self.start)
            #expect(buckets.count <= 100)
        }
        #expect(buckets.wait(0, rate: rate, atMilliseconds: Self.start) != nil)
        #expect(buckets.wait(1999, rate: rate, atMilliseconds: Self.start) == nil)
    }

    @Test("a token that was taken for nothing is returned, and a bucket never holds more than its burst")
    func refund() {
        var buckets = TokenBuckets<Int>(bucketsMax: 100)
        let rate = TokenBucket.Rate(burst: 1, perMinute: 1)
        #expect(buckets.spend(1, rate: rate, atMilliseconds: Self.start) == nil)
        buckets.refund(1)
        buckets.refund(1)
        buckets.refund(2)
        #expect(buckets.spend(1, rate: rate, atMilliseconds: Self.start) == nil)
        #expect(buckets.spend(1, rate: rate, atMilliseconds: Self.start) != nil)
    }

    @Test("at the bound full buckets are dropped, and a key that is slowed down stays slowed down")
    func evictionAtTheBound() {
        var buckets = TokenBuckets<Int>(bucketsMax: 100)
        let rate = TokenBucket.Rate(burst: 10, perMinute: 60)
        for key in 0..<99 { _ = buckets.spend(key, rate: rate, atMilliseconds: Self.start) }
        for _ in 0..<10 { _ = buckets.spend(5000, rate: rate, atMilliseconds: Self.start) }
        let later = Self.start + 1000
        #expect(buckets.spend(5000, rate: rate, atMilliseconds: later) == nil)
        #expect(buckets.spend(5000, rate: rate, atMilliseconds: later) != nil)
        // The 99 have refilled their one token by now.
        _ = buckets.spend(6000, rate: rate, atMilliseconds: later)
        #expect(buckets.count == 2)
        #expect(buckets.spend(5000, rate: rate, atMilliseconds: later) != nil)
    }

    @Test("each key has its own rate")
    func rates() {
        var buckets = TokenBuckets<String>(bucketsMax: 2)
        let (slow, fast) = (TokenBucket.Rate(burst: 1, perMinute: 1), TokenBucket.Rate(burst: 1, perMinute: 60))
        #expect(buckets.spend("slow", rate: slow, atMilliseconds: Self.start) == nil)
        #expect(buckets.spend("fast", rate: fast, atMilliseconds: Self.start) == nil)
        #expect(buckets.spend("slow", rate: slow, atMilliseconds: Self.start) == .seconds(60))
        #expect(buckets.spend("fast", rate: fast, atMilliseconds: Self.start) == .seconds(1))
        #expect(buckets.spend("third", rate: fast, atMilliseconds: Self.start + 1000) == nil)
        #expect(buckets.spend("slow", rate: slow, atMilliseconds: Self.start + 1000) != nil)
    }
}
