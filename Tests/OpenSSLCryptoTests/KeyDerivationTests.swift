import OpenSSLCrypto
import Testing

/// RFC 2104 by the vectors of RFC 4231, RFC 5869: HMAC and HKDF with SHA-256.
struct KeyDerivationTests {
    static let authenticationCases: [(key: [UInt8], message: [UInt8], code: String)] = [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There".bytes,
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "Jefe".bytes, "what do ya want for nothing?".bytes,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            (1...25).map { UInt8($0) }, [UInt8](repeating: 0xcd, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First".bytes,
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            """
            This is a test using a larger than block-size key and a larger than block-size data. \
            The key needs to be hashed before being used by the HMAC algorithm.
            """.bytes,
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
        ([], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ]

    @Test("RFC 4231 §4 test cases, and an empty key and message", arguments: authenticationCases.indices)
    func authenticationCode(index: Int) {
        let vector = Self.authenticationCases[index]
        let key = HMACSHA256Key(vector.key)
        #expect(hex(key.authenticationCode(for: vector.message).bytes) == vector.code)
        // The second message sees the key as the first one did.
        #expect(hex(key.authenticationCode(for: vector.message).bytes) == vector.code)
    }

    @Test func oneKeyServesManyTasks() async {
        let key = HMACSHA256Key("key".bytes)
        let expected = (0..<16).map { key.authenticationCode(for: [UInt8($0)]) }
        let areRight = await withTaskGroup(of: Bool.self) { group in
            for round in 0..<512 {
                group.addTask { key.authenticationCode(for: [UInt8(round % 16)]) == expected[round % 16] }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(areRight)
    }

    @Test func anotherKeyOrMessageGivesAnotherCode() {
        let code = HMACSHA256Key("key".bytes).authenticationCode(for: "message".bytes)
        #expect(code != HMACSHA256Key("kez".bytes).authenticationCode(for: "message".bytes))
        #expect(code != HMACSHA256Key("key".bytes).authenticationCode(for: "messagf".bytes))
    }

    @Test func derivationRFC5869A1() {
        let key = HKDFSHA256.derive(
            secret: [UInt8](repeating: 0x0b, count: 22),
            salt: hex("000102030405060708090a0b0c"),
            info: hex("f0f1f2f3f4f5f6f7f8f9"),
            count: 42
        )
        #expect(
            hex(key) == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        )
    }

    @Test func derivationRFC5869A2() {
        let key = HKDFSHA256.derive(
            secret: (0x00...0x4f).map { UInt8($0) },
            salt: (0x60...0xaf).map { UInt8($0) },
            info: (0xb0...0xff).map { UInt8($0) },
            count: 82
        )
        #expect(
            key
                == hex(
                    """
                    b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c
                    59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71
                    cc30c58179ec3e87c14c01d5c1f3434f1d87
                    """
                )
        )
    }

    @Test func derivationRFC5869A3WithoutSaltAndInfo() {
        let key = HKDFSHA256.derive(secret: [UInt8](repeating: 0x0b, count: 22), salt: [], info: [], count: 42)
        #expect(
            hex(key) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        )
    }

    @Test func eachInputSeparatesKeys() {
        let keys = [("a", "b", "c"), ("x", "b", "c"), ("a", "x", "c"), ("a", "b", "x")].map {
            HKDFSHA256.derive(secret: $0.0.bytes, salt: $0.1.bytes, info: $0.2.bytes, count: 32)
        }
        #expect(Set(keys).count == 4)
        #expect(HKDFSHA256.derive(secret: [1], salt: [], info: [], count: HKDFSHA256.byteCountMax).count == 8160)
    }
}
