import OpenSSLCrypto
import Testing

/// RFC 7518 §3, RFC 8725: making signatures, and refusing what only looks like one (JW-5, D-35).
struct SignatureTests {
    static let keys: [(algorithm: SignatureAlgorithm, pem: String, signatureByteCount: Int)] = [
        (.es256, KeyFixtures.p256PKCS8, 64), (.edDSA, KeyFixtures.ed25519PKCS8, 64),
        (.rs256, KeyFixtures.rsaPKCS8, 256), (.ps256, KeyFixtures.rsaPKCS8, 256),
    ]
    private let message = SignatureFixtures.message

    @Test("Theirs verified by us", arguments: SignatureAlgorithm.allCases)
    func independentSignature(algorithm: SignatureAlgorithm) throws {
        let (pem, signature) =
            switch algorithm {
            case .es256: (KeyFixtures.p256Public, SignatureFixtures.es256)
            case .edDSA: (KeyFixtures.ed25519Public, SignatureFixtures.edDSA)
            case .rs256: (KeyFixtures.rsaPublic, SignatureFixtures.rs256)
            case .ps256: (KeyFixtures.rsaPublic, SignatureFixtures.ps256)
            default: ("", [UInt8]())
            }
        let key = try PublicKey(pem: pem)
        #expect(key.isValidSignature(signature, for: message, using: algorithm))
        for other in SignatureAlgorithm.allCases where other != algorithm {
            #expect(!key.isValidSignature(signature, for: message, using: other), "RFC 8725 §3.1: \(other)")
        }
    }

    @Test("A signature is the key's, the message's and in JOSE's form", arguments: keys.indices)
    func roundTrip(index: Int) throws {
        let (algorithm, pem, byteCount) = Self.keys[index]
        let key = try PrivateKey(pem: pem)
        let signature = try key.signature(for: message, using: algorithm)
        #expect(signature.count == byteCount)
        #expect(key.publicKey.isValidSignature(signature, for: message, using: algorithm))
        #expect(!key.publicKey.isValidSignature(signature, for: message + [0], using: algorithm))
        #expect(!key.publicKey.isValidSignature(signature, for: [], using: algorithm))
        let stranger = try PrivateKey.generate(algorithm).publicKey
        #expect(!stranger.isValidSignature(signature, for: message, using: algorithm))
    }

    @Test("Every bit of a signature counts", arguments: keys.indices)
    func alteration(index: Int) throws {
        let (algorithm, pem, byteCount) = Self.keys[index]
        let key = try PrivateKey(pem: pem)
        let signature = try key.signature(for: message, using: algorithm)
        for position in 0..<byteCount {
            var altered = signature
            altered[position] ^= 1 << UInt8(position % 8)
            #expect(!key.publicKey.isValidSignature(altered, for: message, using: algorithm), "byte \(position)")
        }
    }

    @Test("A signature of another length is refused", arguments: keys.indices)
    func length(index: Int) throws {
        let (algorithm, pem, byteCount) = Self.keys[index]
        let key = try PrivateKey(pem: pem)
        let signature = try key.signature(for: message, using: algorithm)
        for altered in [
            [], [0], Array(signature.dropLast()), Array(signature.dropFirst()), signature + [0], [0] + signature,
            signature + signature, [UInt8](repeating: 0, count: byteCount), [UInt8](repeating: 0xff, count: byteCount),
        ] {
            #expect(!key.publicKey.isValidSignature(altered, for: message, using: algorithm))
        }
    }

    @Test("A key refuses the algorithms of other kinds of key", arguments: keys.indices)
    func algorithmMismatch(index: Int) throws {
        let (algorithm, pem, _) = Self.keys[index]
        let key = try PrivateKey(pem: pem)
        let foreign = SignatureAlgorithm.allCases.filter { !key.publicKey.supports($0) }
        #expect(foreign.count == (algorithm == .rs256 || algorithm == .ps256 ? 2 : 3))
        for other in foreign {
            expectRefusal(.algorithmMismatch) { () throws(CryptoError) in
                try key.signature(for: message, using: other)
            }
        }
    }

    @Test("D-35: R = S = 0, and either out of range, are no ES256 signature")
    func psychicSignatures() throws {
        let key = try PublicKey(pem: KeyFixtures.p256Public)
        let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        let zero = [UInt8](repeating: 0, count: 32)
        let (r, s) = (Array(SignatureFixtures.es256[..<32]), Array(SignatureFixtures.es256[32...]))
        for (r, s) in [(zero, zero), (zero, s), (r, zero), (order, s), (r, order), (order, order)] {
            #expect(!key.isValidSignature(r + s, for: message, using: .es256))
        }
    }

    @Test("D-35: a DER form is no JOSE signature, even padded or cut to 64 bytes")
    func derSignatures() throws {
        let key = try PublicKey(pem: KeyFixtures.p256Public)
        let der = SignatureFixtures.es256DER
        #expect(!key.isValidSignature(der, for: message, using: .es256))
        #expect(!key.isValidSignature(Array(der.prefix(64)), for: message, using: .es256))
        #expect(!key.isValidSignature(Array(der.suffix(64)), for: message, using: .es256))
    }

    @Test("PS256 fixes salt and hash, RS256 the hash (RFC 7518 §3.3, §3.5)")
    func rsaVariants() throws {
        let key = try PublicKey(pem: KeyFixtures.rsaPublic)
        #expect(!key.isValidSignature(SignatureFixtures.ps256LongSalt, for: message, using: .ps256))
        #expect(!key.isValidSignature(SignatureFixtures.rs512, for: message, using: .rs256))
    }

    @Test("Ed25519 refuses S + L, the second spelling of a signature (RFC 8032 §5.1.7)")
    func ed25519Malleability() throws {
        let key = try PublicKey(pem: KeyFixtures.ed25519Public)
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var altered = SignatureFixtures.edDSA
        var carry = 0
        for position in 0..<32 {
            carry += Int(altered[32 + position]) + Int(order[position])
            altered[32 + position] = UInt8(carry & 0xff)
            carry >>= 8
        }
        #expect(carry == 0)
        #expect(!key.isValidSignature(altered, for: message, using: .edDSA))
    }

    @Test func edDSAAndRS256AreDeterministicAndTheOthersAreNot() throws {
        for (algorithm, pem, _) in Self.keys {
            let key = try PrivateKey(pem: pem)
            let isSame =
                try key.signature(for: message, using: algorithm) == key.signature(for: message, using: algorithm)
            #expect(isSame == (algorithm == .edDSA || algorithm == .rs256), "\(algorithm)")
        }
    }

    @Test("One key signs and verifies for many tasks at once", arguments: keys.indices)
    func concurrency(index: Int) async throws {
        let (algorithm, pem, _) = Self.keys[index]
        let key = try PrivateKey(pem: pem)
        let validCount = try await withThrowingTaskGroup(of: Bool.self) { group in
            for round in 0..<100 {
                group.addTask {
                    let message = "message \(round)".bytes
                    let signature = try key.signature(for: message, using: algorithm)
                    return key.publicKey.isValidSignature(signature, for: message, using: algorithm)
                        && !key.publicKey.isValidSignature(signature, for: message + [1], using: algorithm)
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(validCount == 100)
    }
}
