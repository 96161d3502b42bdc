import Testing

@testable import OpenSSLCrypto

/// RFC 7518 §3.3 to §3.5: the algorithms with SHA-384 and SHA-512, which providers sign with.
struct LongAlgorithmTests {
    private static let algorithms = SignatureAlgorithm.verifiable.subtracting(SignatureAlgorithm.allCases)
        .sorted { $0.rawValue < $1.rawValue }
    private let message = Array("eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA".utf8)

    @Test("P-15: what a key signs it verifies, and nothing else", arguments: algorithms)
    func roundTrip(algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let signature = try key.signature(for: message, using: algorithm)
        #expect(key.publicKey.supports(algorithm))
        #expect(key.publicKey.isValidSignature(signature, for: message, using: algorithm))
        #expect(try PublicKey(key.publicKey.components) == key.publicKey)
        for other in SignatureAlgorithm.verifiable where other != algorithm {
            #expect(!key.publicKey.isValidSignature(signature, for: message, using: other), "\(other)")
        }
        #expect(!key.publicKey.isValidSignature(signature, for: message + [0], using: algorithm))
        #expect(!key.publicKey.isValidSignature(signature + [0], for: message, using: algorithm))
        #expect(!key.publicKey.isValidSignature(Array(signature.dropLast()), for: message, using: algorithm))
        #expect(!key.publicKey.isValidSignature([], for: message, using: algorithm))
        let stranger = try PrivateKey.generate(algorithm).publicKey
        #expect(!stranger.isValidSignature(signature, for: message, using: algorithm))
    }

    @Test("CVE-2022-21449: integers out of 1 … n - 1 are no signature on any curve", arguments: [48, 66])
    func range(byteCount: Int) throws {
        let (encoding, algorithm): (ECDSASignatureEncoding, SignatureAlgorithm) =
            byteCount == 48 ? (.p384, .es384) : (.p521, .es512)
        let key = try PrivateKey.generate(algorithm).publicKey
        let zero = [UInt8](repeating: 0, count: byteCount)
        let one = [UInt8](repeating: 0, count: byteCount - 1) + [1]
        let all = [UInt8](repeating: 0xff, count: byteCount)
        for raw in [zero + zero, zero + one, one + zero, all + one, one + all, one] {
            #expect(encoding.der(fromRaw: raw) == nil)
            #expect(!key.isValidSignature(raw, for: message, using: algorithm))
        }
        let der = try #require(encoding.der(fromRaw: one + one))
        #expect(encoding.raw(fromDER: der.span) == one + one)
    }

    @Test("both ways, at random lengths, also where the sequence needs a long length", arguments: [48, 66])
    func encoding(byteCount: Int) throws {
        let (encoding, algorithm): (ECDSASignatureEncoding, SignatureAlgorithm) =
            byteCount == 48 ? (.p384, .es384) : (.p521, .es512)
        let key = try PrivateKey.generate(algorithm)
        for number in UInt8(0)..<64 {
            let raw = try key.signature(for: message + [number], using: algorithm)
            #expect(raw.count == encoding.rawByteCount)
            let der = try #require(encoding.der(fromRaw: raw))
            #expect(der.count <= encoding.derByteCountMax)
            #expect(encoding.raw(fromDER: der.span) == raw)
            #expect(encoding.raw(fromDER: (der + [0]).span) == nil)
            #expect(encoding.raw(fromDER: Array(der.dropLast()).span) == nil)
        }
    }

    @Test("a point off its curve, or of a wrong length, is no key")
    func points() throws {
        let key = try PrivateKey.generate(.es384).publicKey
        guard case .p384(let x, var y) = key.components else {
            Issue.record("not a P-384 key")
            return
        }
        y[47] ^= 1
        #expect(throws: CryptoError.self) { try PublicKey(.p384(x: x, y: y)) }
        #expect(throws: CryptoError.self) { try PublicKey(.p384(x: Array(x.dropFirst()), y: y)) }
        #expect(throws: CryptoError.self) { try PublicKey(.p521(x: x, y: y)) }
    }
}
