import AuthorizationServer
import AuthorizationServerTesting
import OAuthProtocol
import OpenSSLCrypto
import Testing

@Suite("RFC 9449 §11.1: proofs that the token endpoint remembers")
struct TokenRequestReplayTests {
    private static func id(_ number: Int) -> SHA256Digest { SHA256.hash("proof \(number)") }

    @Test("a proof is remembered for as long as it can be used, over the turn of generations")
    func generations() {
        let proofs = RecentProofs()
        var now = StoreSample.now
        for number in 0..<4 {
            #expect(proofs.claim(Self.id(number), now: now))
            now = now + .seconds(600)
            #expect(!proofs.claim(Self.id(number), now: now))
        }
        // After that it is forgotten, so that the table does not grow.
        #expect(proofs.claim(Self.id(99), now: now + .seconds(3000)))
        #expect(proofs.count == 1)
    }

    @Test("a proof whose request failed can be used")
    func release() {
        let proofs = RecentProofs()
        #expect(proofs.claim(Self.id(1), now: StoreSample.now))
        proofs.release(Self.id(1))
        #expect(proofs.count == 0)
        #expect(proofs.claim(Self.id(1), now: StoreSample.now))
    }

    @Test("at the bound the older half is forgotten")
    func bound() {
        let proofs = RecentProofs(countMax: 8)
        for number in 0..<100 {
            #expect(proofs.claim(Self.id(number), now: StoreSample.now))
            #expect(proofs.count <= 8)
        }
        for number in 96..<100 { #expect(!proofs.claim(Self.id(number), now: StoreSample.now)) }
        #expect(proofs.claim(Self.id(0), now: StoreSample.now))
    }

    @Test("a clock that is set back makes no used proof new")
    func clockSetBack() {
        let proofs = RecentProofs()
        #expect(proofs.claim(Self.id(1), now: StoreSample.now))
        #expect(!proofs.claim(Self.id(1), now: StoreSample.now + .seconds(-3600)))
    }
}
