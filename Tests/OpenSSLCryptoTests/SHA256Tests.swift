import OpenSSLCrypto
import Testing

/// FIPS 180-4: SHA-256.
struct SHA256Tests {
    @Test(
        "FIPS 180-4 examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
            ),
            (
                String(repeating: "a", count: 1_000_000),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
            ),
        ]
    )
    func examples(text: String, digest: String) {
        #expect(hex(SHA256.hash(text).bytes) == digest)
        #expect(hex(SHA256.hash(text.bytes).bytes) == digest)
        let borrowed = text.bytes
        let digestOfSpan = SHA256.hash(borrowed.span)
        #expect(hex(digestOfSpan.bytes) == digest)
    }

    @Test func aTextIsHashedAsUTF8() {
        #expect(SHA256.hash("Zürich ☕") == SHA256.hash("Zürich ☕".bytes))
    }

    @Test func aHashDoesNotSeeWhatItsThreadHashedBefore() {
        let first = SHA256.hash("first")
        _ = SHA256.hash("something else, longer than a block of sixty-four bytes, to leave state behind")
        #expect(SHA256.hash("first") == first)
    }

    @Test func threadsDoNotDisturbEachOther() async {
        let expected = (0..<64).map { SHA256.hash("message \($0)") }
        let seen = await withTaskGroup(of: (Int, SHA256Digest).self) { group in
            for round in 0..<1024 {
                group.addTask { (round % 64, SHA256.hash("message \(round % 64)")) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(seen.count == 1024)
        #expect(seen.allSatisfy { expected[$0.0] == $0.1 })
    }

    @Test("A digest has exactly 32 bytes", arguments: [0, 1, 31, 33, 64])
    func digestOfAnotherLength(count: Int) {
        #expect(SHA256Digest(bytes: [UInt8](repeating: 7, count: count)) == nil)
    }

    @Test func aDigestKeepsItsBytes() throws {
        let bytes = (0..<32).map { UInt8($0) }
        let digest = try #require(SHA256Digest(bytes: bytes))
        #expect(digest.bytes == bytes)
        #expect(MemoryLayout<SHA256Digest>.size == 32)
    }

    @Test("Every byte takes part in equality and hashing", arguments: 0..<32)
    func equality(position: Int) throws {
        var bytes = [UInt8](repeating: 0, count: 32)
        let zero = try #require(SHA256Digest(bytes: bytes))
        bytes[position] = 0x80
        let other = try #require(SHA256Digest(bytes: bytes))
        #expect(zero != other)
        #expect(other == SHA256Digest(bytes: bytes))
        #expect(Set([zero, other, zero]).count == 2)
        #expect(zero.hashValue != other.hashValue)
    }
}
