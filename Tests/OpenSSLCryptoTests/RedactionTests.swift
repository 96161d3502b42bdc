import OpenSSLCrypto
import Testing

/// A secret never reaches a log, however it is printed.
struct RedactionTests {
    private let secrets: [any Sendable]

    init() throws {
        secrets = [
            HMACSHA256Key([1, 2, 3, 250]), try AES256GCMKey([UInt8](repeating: 250, count: 32)),
            try PrivateKey(pem: KeyFixtures.p256PKCS8),
        ]
    }

    @Test("Printed, interpolated, dumped or mirrored, a secret is <redacted>", arguments: 0..<3)
    func redaction(index: Int) {
        let secret = secrets[index]
        #expect(String(describing: secret) == "<redacted>")
        #expect(String(reflecting: secret) == "<redacted>")
        #expect("\(secret)" == "<redacted>")
        #expect("\([secret])" == "[<redacted>]")
        #expect("\(Optional(secret) as Any)" == "Optional(<redacted>)")
        #expect(Mirror(reflecting: secret).children.isEmpty)
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(dumped == "- <redacted>\n")
    }

    @Test func aStructThatHoldsASecretShowsNothingOfIt() {
        struct Holder {
            let name = "holder"
            let key = HMACSHA256Key([250, 251, 252])
        }
        var dumped = ""
        dump(Holder(), to: &dumped)
        #expect(dumped.contains("key: <redacted>"))
        #expect(!dumped.contains("250"))
        #expect(!dumped.contains("0x"))
        #expect("\(Holder())".contains("key: <redacted>"))
    }

    @Test func anErrorShowsNothingOfTheKey() throws {
        let body = KeyFixtures.p384.split(separator: "\n")[1]
        expectRefusal(.unsupportedKey) { () throws(CryptoError) in try PrivateKey(pem: KeyFixtures.p384) }
        let error = #expect(throws: CryptoError.self) { try PrivateKey(pem: KeyFixtures.p384) }
        #expect(try !#require(error).description.contains(body))
    }

    @Test func aPublicKeyNamesItsKind() throws {
        #expect("\(try PublicKey(pem: KeyFixtures.p256Public))" == "p256 public key")
    }
}
