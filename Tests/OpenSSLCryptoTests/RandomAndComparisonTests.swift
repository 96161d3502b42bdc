import OpenSSLCrypto
import Testing

struct RandomAndComparisonTests {
    @Test("Random bytes come in the number asked for", arguments: [0, 1, 16, 32, 4096])
    func count(count: Int) {
        #expect(SystemRandomSource().bytes(count).count == count)
    }

    @Test func randomBytesDoNotRepeat() {
        let draws = (0..<1000).map { _ in SystemRandomSource().bytes(32) }
        #expect(Set(draws).count == 1000)
        // Of 32,000 random bytes each value appears about 125 times; none missing, none a multiple of its share.
        let counts = draws.joined().reduce(into: [Int](repeating: 0, count: 256)) { $0[Int($1)] += 1 }
        #expect(counts.allSatisfy { (40...250).contains($0) })
    }

    @Test(
        "Comparison looks at every byte and at the length",
        arguments: [
            ("", "", true), ("a", "a", true), ("secret", "secret", true), ("", "a", false), ("a", "", false),
            ("secret", "Secret", false), ("secret", "secreT", false), ("secret", "secre", false),
            ("secret", "secret\0", false),
        ]
    )
    func comparison(left: String, right: String, areEqual: Bool) {
        #expect(constantTimeEqual(left.bytes, right.bytes) == areEqual)
    }
}
