import OpenSSLCrypto
import Testing

@testable import OAuthProtocol

@Suite("RFC 8628 §6.1: user codes")
struct UserCodeTests {
    @Test("DV-1: eight consonants in two groups, and read back however they are typed")
    func roundTrip() throws {
        for _ in 0..<200 {
            let code = UserCode(random: SystemRandomSource())
            #expect(code.text.wholeMatch(of: /[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}/) != nil)
            for typed in [
                code.text, code.letters, code.text.lowercased(), " \(code.text) ",
                code.letters.map { "\($0) " }.joined(),
            ] {
                #expect(UserCode(entered: typed) == code)
            }
            #expect("\(code)" == "<redacted>")
        }
    }

    @Test(
        "DV-1: anything else is no code",
        arguments: [
            "", "BCDF-GHJ", "BCDF-GHJKL", "AEIO-UAEI", "BCDF-GHJ1", "ＢCDFGHJK", "BCDF_GHJK",
            String(repeating: "B", count: 65),
        ]
    )
    func refused(text: String) {
        #expect(UserCode(entered: text) == nil)
    }
}
