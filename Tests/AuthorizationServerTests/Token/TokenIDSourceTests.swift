import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 7519 §4.1.7: the `jti` of tokens.
@Suite("Names of tokens")
struct TokenIDSourceTests {
    @Test("JW-1: no two names are the same, however many are drawn at once")
    func distinct() {
        let source = TokenIDSource(random: SystemRandomSource())
        let names = (0..<1000).map { _ in source.next().text }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { Base64URL.decode($0)?.count == 16 })
    }

    @Test("names are what the randomness gives, nothing of it twice and nothing left out")
    func inOrder() {
        struct Counting: RandomSource {
            func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 / 16) } }
        }
        let source = TokenIDSource(random: Counting())
        for number in 0..<130 {
            let expected = [UInt8](repeating: UInt8(number % 64), count: 16)
            #expect(source.next().text == Base64URL.encode(expected))
        }
    }
}
