import AuthorizationServer
import OAuthState
import OpenSSLCrypto
import Testing

@Suite("Text that a browser carries, sealed")
struct TextSealingTests {
    private static let secret = Array(UInt8(0)..<32)
    private static let domain = "gatehouse browser login 1"

    /// Always the same byte.
    private struct OneByte: RandomSource {
        func bytes(_ count: Int) -> [UInt8] { Array(repeating: 7, count: count) }
    }

    private static func sealing(
        secret: [UInt8] = secret,
        domain: String = domain,
        random: any RandomSource = SystemRandomSource()
    ) throws -> TextSealing {
        try TextSealing(secret: secret, domain: domain, random: random)
    }

    @Test("the form is HKDF-SHA-256, HMAC-SHA-256, AES-256-GCM and base64url, as another library computes it")
    func form() throws {
        let text = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHB1-7g5p2qTf2IYqZo9kk1LcYK0Wx0Rw"
        let sealing = try Self.sealing(random: OneByte())
        #expect(try sealing.seal(Array("a user".utf8), for: Self.domain) == text)
        #expect(sealing.open(text, for: Self.domain) == Array("a user".utf8))
    }

    @Test("what was sealed opens, and is sealed differently each time", arguments: [0, 1, 4096])
    func roundTrip(count: Int) throws {
        let sealing = try Self.sealing()
        let bytes = SystemRandomSource().bytes(count)
        let text = try sealing.seal(bytes, for: "a form")
        #expect(sealing.open(text, for: "a form") == bytes)
        #expect(try sealing.seal(bytes, for: "a form") != text)
    }

    /// A nonce that never changes, and salts that do.
    private final class RepeatingNonce: RandomSource {
        func bytes(_ count: Int) -> [UInt8] {
            count == 12 ? [UInt8](repeating: 7, count: 12) : SystemRandomSource().bytes(count)
        }
    }

    @Test("Info: no two texts have the same key, so that a nonce that comes twice reveals nothing")
    func keyPerText() throws {
        let sealing = try Self.sealing(random: RepeatingNonce())
        let zeros = [UInt8](repeating: 0, count: 64)
        let texts = try (0..<100).map { _ in try sealing.seal(zeros, for: "a form") }
        // Of zeros the ciphertext is the key stream.
        let streams = Set(texts.map { $0.suffix(40) })
        #expect(streams.count == texts.count)
    }

    @Test("another purpose, another domain and another server's secret open nothing")
    func separation() throws {
        let text = try Self.sealing().seal([1, 2, 3], for: "a form")
        #expect(try Self.sealing().open(text, for: "a link") == nil)
        #expect(try Self.sealing(domain: "gatehouse pages 1").open(text, for: "a form") == nil)
        #expect(try Self.sealing(secret: Self.secret.reversed()).open(text, for: "a form") == nil)
        #expect(try Self.sealing().open(text, for: "a form") == [1, 2, 3])
    }

    @Test("a changed, cut or foreign text opens nothing")
    func tampering() throws {
        let sealing = try Self.sealing()
        let text = Array(try sealing.seal([1, 2, 3], for: "a form"))
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(sealing.open(String(changed), for: "a form") == nil, "\(index)")
            #expect(sealing.open(String(text[..<index]), for: "a form") == nil, "\(index)")
        }
        for other in [String(text) + "A", String(text) + "=", "", "a b", "é", String(repeating: "A", count: 16)] {
            #expect(sealing.open(other, for: "a form") == nil, "\(other)")
        }
    }

    @Test("a value is read from what opens, and a text that holds another value is none")
    func values() throws {
        let sealing = try Self.sealing()
        var writer = BinaryWriter(reserving: 16)
        writer.write("ada")
        let text = try sealing.seal(writer.bytes, for: "a name")
        func name(_ text: String, for purpose: String) -> String? {
            sealing.open(text, for: purpose) { (reader) throws(RecordError) in try reader.string() }
        }
        #expect(name(text, for: "a name") == "ada")
        #expect(name(text, for: "another") == nil)
        #expect(name(try sealing.seal([255, 255], for: "a name"), for: "a name") == nil)
    }
}
