import DurableLog
import Testing

@Suite("Storage keys")
struct StorageKeyTests {
    private static let hexadecimal = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    private static let raw = (0..<32).map { UInt8($0) }

    @Test(
        "32 bytes are read from raw bytes, hexadecimal and both base64 alphabets",
        arguments: [
            Array(hexadecimal.utf8), Array(hexadecimal.uppercased().utf8), Array((hexadecimal + "\n").utf8),
            Array((" " + hexadecimal + "\r\n").utf8), Array("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".utf8),
            Array("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n".utf8), raw,
        ]
    )
    func reads(contents: [UInt8]) throws {
        #expect(try StorageKey(contents: contents).hexadecimal == Self.hexadecimal)
    }

    @Test("the url-safe alphabet means the same bytes")
    func alphabets() throws {
        let standard = try StorageKey(contents: Array("++++//////////////////////////////////////8=".utf8))
        let safe = try StorageKey(
            contents: Array("----__________________________________________8".utf8.prefix(42)) + Array("8".utf8)
        )
        #expect(standard.hexadecimal == safe.hexadecimal)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "\n", "password", String(hexadecimal.dropLast()), hexadecimal + "00", String(hexadecimal.prefix(32)),
            "g" + hexadecimal.dropFirst(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh==", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd=h8=",
        ]
    )
    func refuses(text: String) {
        #expect(throws: StorageKeyError.wrongLength) { try StorageKey(contents: Array(text.utf8)) }
    }

    @Test("a key of one repeated byte was not drawn at random")
    func repeated() {
        #expect(throws: StorageKeyError.notRandom) { try StorageKey(contents: [UInt8](repeating: 0, count: 32)) }
        #expect(throws: StorageKeyError.wrongLength) { try StorageKey(bytes: [1, 2, 3]) }
    }

    @Test("a key prints as nothing")
    func redacted() throws {
        let key = try StorageKey(bytes: Self.raw)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains("1e1f") && !text.contains("30"))
        }
    }
}
