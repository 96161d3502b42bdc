import OpenSSLCrypto
import Testing

/// RFC 7468, RFC 5958, RFC 5915, RFC 8017: keys as PEM text, as operators' tools write them.
struct PEMTests {
    /// A key as text; its name is what a test's report shows.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let pem: String

        init(_ testDescription: String, _ pem: String) {
            self.testDescription = testDescription
            self.pem = pem
        }
    }

    @Test(
        "Every form of a private key is read",
        arguments: [
            (Case("P-256, PKCS#8", KeyFixtures.p256PKCS8), SignatureAlgorithm.es256),
            (Case("P-256, SEC1", KeyFixtures.p256SEC1), .es256),
            (Case("P-256, SEC1 after its parameters", KeyFixtures.p256WithParameters), .es256),
            (Case("Ed25519, PKCS#8", KeyFixtures.ed25519PKCS8), .edDSA),
            (Case("RSA, PKCS#8", KeyFixtures.rsaPKCS8), .rs256), (Case("RSA, PKCS#1", KeyFixtures.rsaPKCS1), .rs256),
        ]
    )
    func privateKeys(form: Case, algorithm: SignatureAlgorithm) throws {
        let publicPEM =
            switch algorithm {
            case .es256: KeyFixtures.p256Public
            case .edDSA: KeyFixtures.ed25519Public
            case .rs256, .ps256: KeyFixtures.rsaPublic
            default: ""
            }
        let key = try PrivateKey(pem: form.pem)
        #expect(key.algorithm == algorithm)
        #expect(key.publicKey.pem == publicPEM + "\n")
        // A file edited elsewhere may have other line ends, a text around the key, or no last line end.
        #expect(try PrivateKey(pem: form.pem.replacing("\n", with: "\r\n")).publicKey == key.publicKey)
        #expect(try PrivateKey(pem: "Bag Attributes\n\n" + form.pem + "\n\n").publicKey == key.publicKey)
    }

    @Test(
        "A written key is PKCS#8 and the same key",
        arguments: [
            (Case("P-256", KeyFixtures.p256SEC1), Case("PKCS#8", KeyFixtures.p256PKCS8)),
            (Case("Ed25519", KeyFixtures.ed25519PKCS8), Case("PKCS#8", KeyFixtures.ed25519PKCS8)),
            (Case("RSA", KeyFixtures.rsaPKCS1), Case("PKCS#8", KeyFixtures.rsaPKCS8)),
        ]
    )
    func written(form: Case, pkcs8: Case) throws {
        #expect(try PrivateKey(pem: form.pem).pem == pkcs8.pem + "\n")
    }

    @Test("RFC 5480 §2.1.1: a curve spelt out in numbers is refused, be it P-256 (CVE-2020-0601)")
    func explicitParameters() {
        expectRefusal(.unsupportedKey) { () throws(CryptoError) in
            try PrivateKey(pem: KeyFixtures.p256ExplicitParameters)
        }
    }

    @Test("A generated key comes back from its PEM text", arguments: SignatureAlgorithm.allCases)
    func generated(algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        #expect(key.algorithm == (algorithm == .ps256 ? .rs256 : algorithm))
        #expect(key.publicKey.supports(algorithm))
        let again = try PrivateKey(pem: key.pem)
        #expect(again.publicKey == key.publicKey)
        let signature = try again.signature(for: [1, 2, 3], using: algorithm)
        #expect(key.publicKey.isValidSignature(signature, for: [1, 2, 3], using: algorithm))
        #expect(try PrivateKey.generate(algorithm).publicKey != key.publicKey)
    }

    @Test(
        "What is no key of ours is refused, and the error says why",
        arguments: [
            (Case("P-384", KeyFixtures.p384), CryptoError.Code.unsupportedKey),
            (Case("secp256k1", KeyFixtures.secp256k1), .unsupportedKey),
            (Case("X25519", KeyFixtures.x25519), .unsupportedKey),
            (Case("Ed448", KeyFixtures.ed448), .unsupportedKey),
            (Case("RSA-PSS", KeyFixtures.rsaPSSOnly), .unsupportedKey),
            (Case("RSA of 1024 bits", KeyFixtures.rsa1024), .weakKey),
            (Case("encrypted PKCS#8", KeyFixtures.encryptedPKCS8), .encryptedKey),
            (Case("encrypted SEC1", KeyFixtures.encryptedSEC1), .encryptedKey),
            (Case("halves of two keys", KeyFixtures.mismatchedHalves), .invalidKey),
            (Case("a public key", KeyFixtures.p256Public), .unreadableKey),
            (Case("a certificate", KeyFixtures.certificate), .unreadableKey),
            (Case("nothing", ""), .unreadableKey),
            (Case("words", "this is no key"), .unreadableKey),
            (Case("an empty block", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"), .unreadableKey),
            (Case("half a key", String(KeyFixtures.p256PKCS8.prefix(120))), .unreadableKey),
            (
                Case("base64 of zeros", "-----BEGIN PRIVATE KEY-----\nAAAAAAAA\n-----END PRIVATE KEY-----\n"),
                .unreadableKey
            ),
            (Case("too long a text", String(repeating: " ", count: 70_000) + KeyFixtures.p256PKCS8), .unreadableKey),
        ]
    )
    func refusedPrivateKeys(form: Case, code: CryptoError.Code) {
        expectRefusal(code) { () throws(CryptoError) in try PrivateKey(pem: form.pem) }
    }

    @Test(
        "What is no public key of ours is refused",
        arguments: [
            (Case("P-384", KeyFixtures.p384Public), CryptoError.Code.unsupportedKey),
            (Case("a private key", KeyFixtures.p256PKCS8), .unreadableKey),
            (Case("an encrypted private key", KeyFixtures.encryptedPKCS8), .encryptedKey),
            (Case("a certificate", KeyFixtures.certificate), .unreadableKey),
            (Case("nothing", ""), .unreadableKey),
        ]
    )
    func refusedPublicKeys(form: Case, code: CryptoError.Code) {
        expectRefusal(code) { () throws(CryptoError) in try PublicKey(pem: form.pem) }
    }

    @Test func anErrorNamesTheReasonForTheOperator() {
        let encrypted = #expect(throws: CryptoError.self) { try PrivateKey(pem: KeyFixtures.encryptedPKCS8) }
        #expect(encrypted?.description.contains("passphrase") == true)
        let curve = #expect(throws: CryptoError.self) { try PrivateKey(pem: KeyFixtures.p384) }
        #expect(curve?.description.contains("secp384r1") == true)
    }
}
