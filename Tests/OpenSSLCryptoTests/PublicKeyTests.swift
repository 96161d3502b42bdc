import OpenSSLCrypto
import Testing

/// RFC 7518 §6, RFC 8037 §2, RFC 8725 §3.4: numbers that are a public key, and those that are none (D-35).
struct PublicKeyTests {
    private static let x = hex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6")
    private static let y = hex("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")
    private static let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
    private static let zero = [UInt8](repeating: 0, count: 32)

    private func rsaComponents() throws -> (modulus: [UInt8], exponent: [UInt8]) {
        let components = try PublicKey(pem: KeyFixtures.rsaPublic).components
        guard case .rsa(let modulus, let exponent) = components else {
            throw FixtureError.unexpectedKind
        }
        return (modulus, exponent)
    }

    private enum FixtureError: Error { case unexpectedKind }

    private static let pems = [KeyFixtures.p256Public, KeyFixtures.ed25519Public, KeyFixtures.rsaPublic]

    @Test("Components and PEM come back", arguments: 0..<3)
    func roundTrip(index: Int) throws {
        let key = try PublicKey(pem: Self.pems[index])
        #expect(key.pem == Self.pems[index] + "\n")
        #expect(try PublicKey(key.components) == key)
        #expect(try PublicKey(pem: key.pem) == key)
    }

    @Test func keysAreEqualByTheirNumbers() throws {
        let keys = try Self.pems.map { try PublicKey(pem: $0) }
        for (left, key) in keys.enumerated() {
            for (right, other) in keys.enumerated() { #expect((key == other) == (left == right)) }
        }
        #expect(try PrivateKey.generate(.es256).publicKey != PrivateKey.generate(.es256).publicKey)
    }

    @Test("D-35: a point off P-256 is refused")
    func invalidCurve() {
        var wrongY = Self.y
        wrongY[31] ^= 1
        let points = [
            (Self.x, wrongY), (Self.y, Self.x), (Self.zero, Self.zero), (Self.x, Self.zero), (Self.zero, Self.y),
            (Self.prime, Self.y), (Self.x, Self.prime),
            ([UInt8](repeating: 0xff, count: 32), [UInt8](repeating: 0xff, count: 32)),
            // The generator of secp256k1, a curve of the same size.
            (
                hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                hex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
            ),
        ]
        for (x, y) in points {
            expectRefusal(.invalidKey) { () throws(CryptoError) in try PublicKey(.p256(x: x, y: y)) }
        }
    }

    @Test("RFC 7518 §6.2.1.2: a coordinate has 32 bytes")
    func coordinateLength() {
        let coordinates = [
            ([], Self.y), (Self.x, []), (Array(Self.x.dropFirst()), Self.y), ([0] + Self.x, Self.y),
            (Self.x, [0] + Self.y), (Self.x + Self.y, []),
        ]
        for (x, y) in coordinates {
            expectRefusal(.invalidLength) { () throws(CryptoError) in try PublicKey(.p256(x: x, y: y)) }
        }
    }

    @Test("An Ed25519 key has 32 bytes", arguments: [0, 31, 33, 64])
    func ed25519Length(count: Int) {
        expectRefusal(.invalidLength) { () throws(CryptoError) in
            try PublicKey(.ed25519(x: [UInt8](repeating: 9, count: count)))
        }
    }

    @Test(
        "An Ed25519 point of small order is refused, whatever its sign",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        ]
    )
    func smallOrder(encoding: String) {
        for sign: UInt8 in [0, 0x80] {
            var point = hex(encoding)
            point[31] |= sign
            expectRefusal(.weakKey) { () throws(CryptoError) in try PublicKey(.ed25519(x: point)) }
        }
    }

    @Test("An Ed25519 key in a second spelling is refused", arguments: [0xed, 0xee, 0xf5, 0xff])
    func notCanonical(first: Int) {
        for last: UInt8 in [0x7f, 0xff] {
            let point = [UInt8(first)] + [UInt8](repeating: 0xff, count: 30) + [last]
            expectRefusal(.invalidKey) { () throws(CryptoError) in try PublicKey(.ed25519(x: point)) }
        }
    }

    @Test("D-35: RSA below 2048 bits is refused", arguments: [0, 1, 128, 255])
    func shortModulus(count: Int) {
        let modulus = [UInt8](repeating: 0xff, count: count)
        for padding in [0, 256] {
            let padded = [UInt8](repeating: 0, count: padding) + modulus
            expectRefusal(.weakKey) { () throws(CryptoError) in
                try PublicKey(.rsa(modulus: padded, exponent: [1, 0, 1]))
            }
        }
    }

    @Test("2047 bits are too few and 8193 too many")
    func modulusBounds() throws {
        let shorter = [0x7f] + [UInt8](repeating: 0xff, count: 255)
        expectRefusal(.weakKey) { () throws(CryptoError) in try PublicKey(.rsa(modulus: shorter, exponent: [3])) }
        let longer = [1] + [UInt8](repeating: 0xff, count: 1024)
        expectRefusal(.unsupportedKey) { () throws(CryptoError) in try PublicKey(.rsa(modulus: longer, exponent: [3])) }
        _ = try PublicKey(.rsa(modulus: [UInt8](repeating: 0xff, count: 1024), exponent: [3]))
    }

    @Test(
        "D-35: exponents 0, 1, even and endless are refused",
        arguments: [[], [0], [1], [0, 0, 1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 4]]
    )
    func exponent(exponent: [UInt8]) throws {
        let modulus = try rsaComponents().modulus
        expectRefusal(.weakKey) { () throws(CryptoError) in
            try PublicKey(.rsa(modulus: modulus, exponent: exponent))
        }
    }

    @Test func anEvenModulusIsRefused() throws {
        var (modulus, exponent) = try rsaComponents()
        modulus[255] ^= 1
        expectRefusal(.invalidKey) { () throws(CryptoError) in
            try PublicKey(.rsa(modulus: modulus, exponent: exponent))
        }
    }

    @Test func leadingZerosOfRSANumbersDoNotMakeAnotherKey() throws {
        let (modulus, exponent) = try rsaComponents()
        let padded = try PublicKey(.rsa(modulus: [0] + modulus, exponent: [0, 0] + exponent))
        #expect(padded == (try PublicKey(pem: KeyFixtures.rsaPublic)))
        #expect(padded.components == .rsa(modulus: modulus, exponent: exponent))
        #expect(padded.isValidSignature(SignatureFixtures.rs256, for: SignatureFixtures.message, using: .rs256))
    }

    @Test func supportFollowsTheKind() throws {
        let table: [(String, Set<SignatureAlgorithm>)] = [
            (KeyFixtures.p256Public, [.es256]), (KeyFixtures.ed25519Public, [.edDSA]),
            (KeyFixtures.rsaPublic, [.rs256, .ps256]),
        ]
        for (pem, algorithms) in table {
            let key = try PublicKey(pem: pem)
            #expect(Set(SignatureAlgorithm.allCases.filter(key.supports)) == algorithms)
        }
    }
}
