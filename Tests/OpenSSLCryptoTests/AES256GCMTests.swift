import OpenSSLCrypto
import Testing

/// NIST SP 800-38D: AES-256-GCM.
struct AES256GCMTests {
    struct Vector: Sendable {
        let key: String
        let nonce: String
        let plaintext: String
        let authenticating: String
        let sealed: String
    }

    /// The GCM submission's test cases 13 to 16, those with a key of 256 bits and a nonce of 96.
    static let vectors = [
        Vector(
            key: String(repeating: "0", count: 64),
            nonce: String(repeating: "0", count: 24),
            plaintext: "",
            authenticating: "",
            sealed: "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        Vector(
            key: String(repeating: "0", count: 64),
            nonce: String(repeating: "0", count: 24),
            plaintext: String(repeating: "0", count: 32),
            authenticating: "",
            sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        ),
        Vector(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            plaintext: """
                d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255
                """,
            authenticating: "",
            sealed: """
                522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
                8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad
                b094dac5d93471bdec1a502270e3cc6c
                """
        ),
        Vector(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            plaintext: """
                d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39
                """,
            authenticating: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            sealed: """
                522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
                8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662
                76fc6ece0f4e1768cddf8853bb2d551b
                """
        ),
    ]

    @Test("GCM test cases 13 to 16, both ways", arguments: vectors)
    func vector(_ vector: Vector) throws {
        let key = try AES256GCMKey(hex(vector.key))
        let (nonce, authenticating) = (hex(vector.nonce), hex(vector.authenticating))
        let sealed = try key.seal(hex(vector.plaintext), nonce: nonce, authenticating: authenticating)
        #expect(sealed == hex(vector.sealed))
        #expect(try key.open(sealed, nonce: nonce, authenticating: authenticating) == hex(vector.plaintext))
    }

    private let key: AES256GCMKey
    private let nonce = [UInt8](repeating: 1, count: 12)
    private let sealed: [UInt8]

    init() throws {
        key = try AES256GCMKey([UInt8](repeating: 9, count: 32))
        sealed = try key.seal("upstream token".bytes, nonce: nonce, authenticating: "tsid".bytes)
    }

    @Test("A change of any one bit is noticed", arguments: 0..<30)
    func alteration(position: Int) {
        var altered = sealed
        altered[position] ^= 1 << UInt8(position % 8)
        expectRefusal(.authenticationFailed) { () throws(CryptoError) in
            try key.open(altered, nonce: nonce, authenticating: "tsid".bytes)
        }
    }

    @Test("Cut or lengthened bytes are refused", arguments: [0, 1, 15, 16, 29, 31])
    func length(count: Int) {
        let altered = Array((sealed + [0]).prefix(count))
        expectRefusal(.authenticationFailed) { () throws(CryptoError) in
            try key.open(altered, nonce: nonce, authenticating: "tsid".bytes)
        }
    }

    @Test func sealedBytesBelongToTheirContextNonceAndKey() throws {
        let otherKey = try AES256GCMKey([UInt8](repeating: 8, count: 32))
        let otherNonce = [UInt8](repeating: 2, count: 12)
        expectRefusal(.authenticationFailed) { () throws(CryptoError) in
            try key.open(sealed, nonce: nonce, authenticating: "tsie".bytes)
        }
        expectRefusal(.authenticationFailed) { () throws(CryptoError) in
            try key.open(sealed, nonce: nonce, authenticating: [])
        }
        expectRefusal(.authenticationFailed) { () throws(CryptoError) in
            try key.open(sealed, nonce: otherNonce, authenticating: "tsid".bytes)
        }
        expectRefusal(.authenticationFailed) { () throws(CryptoError) in
            try otherKey.open(sealed, nonce: nonce, authenticating: "tsid".bytes)
        }
        #expect(try key.open(sealed, nonce: nonce, authenticating: "tsid".bytes) == "upstream token".bytes)
    }

    @Test("A key has 32 bytes", arguments: [0, 16, 24, 31, 33])
    func keyLength(count: Int) {
        expectRefusal(.invalidLength) { () throws(CryptoError) in
            try AES256GCMKey([UInt8](repeating: 0, count: count))
        }
    }

    @Test("A nonce has 12 bytes", arguments: [0, 8, 11, 13, 16])
    func nonceLength(count: Int) {
        let nonce = [UInt8](repeating: 0, count: count)
        expectRefusal(.invalidLength) { () throws(CryptoError) in
            try key.seal([1], nonce: nonce, authenticating: [])
        }
        expectRefusal(.invalidLength) { () throws(CryptoError) in
            try key.open(sealed, nonce: nonce, authenticating: [])
        }
    }

    @Test func aMebibyteComesBack() throws {
        let text = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try key.seal(text, nonce: nonce, authenticating: [])
        #expect(sealed.count == text.count + AES256GCMKey.tagByteCount)
        #expect(try key.open(sealed, nonce: nonce, authenticating: []) == text)
    }

    /// A key seals the same however often it was used before, and whatever became of the texts in between.
    @Test func nothingStaysOfTheTextBefore() throws {
        let other = [UInt8](repeating: 2, count: 12)
        for text in [[], "short".bytes, [UInt8](repeating: 7, count: 4096)] {
            for authenticating in [[], "tsid".bytes] {
                let once = try AES256GCMKey([UInt8](repeating: 9, count: 32))
                    .seal(text, nonce: other, authenticating: authenticating)
                _ = try key.seal("of another length".bytes, nonce: nonce, authenticating: "more".bytes)
                #expect(try key.seal(text, nonce: other, authenticating: authenticating) == once)
                expectRefusal(.authenticationFailed) { () throws(CryptoError) in
                    try key.open(sealed, nonce: other, authenticating: "tsid".bytes)
                }
                #expect(try key.open(once, nonce: other, authenticating: authenticating) == text)
            }
        }
    }

    @Test func manyThreadsUseOneKey() async throws {
        let key = key
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<32 {
                group.addTask {
                    for turn in 0..<100 {
                        let nonce = [UInt8](repeating: UInt8(task), count: 11) + [UInt8(turn)]
                        let text = [UInt8](repeating: UInt8(task), count: turn)
                        let sealed = try key.seal(text, nonce: nonce, authenticating: nonce)
                        guard try key.open(sealed, nonce: nonce, authenticating: nonce) == text else { return false }
                    }
                    return true
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
