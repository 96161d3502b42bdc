import OAuthProtocol
import OpenSSLCrypto
import Testing

/// RFC 6749 §6, RFC 9700 §4.14: refresh tokens that carry their family and generation under a MAC.
@Suite("RFC 9700 §4.14: refresh tokens")
struct RefreshTokenTests {
    private let key = RefreshTokenKey(secret: [UInt8](repeating: 1, count: 32))
    private let family = SessionID(value: Bits128(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10))

    @Test("a token reads back as its family and generation", arguments: [UInt32(1), 2, 255, 256, 65_536, .max])
    func roundTrip(generation: UInt32) throws {
        let token = RefreshToken(family: family, generation: generation, key: key)
        let read = try #require(RefreshToken(token.wireValue, key: key))
        #expect(read == token)
        #expect(read.family == family)
        #expect(read.generation == generation)
    }

    @Test("FD-1: the successor is derived: the same bytes, however often and wherever it is made")
    func derivation() {
        let again = RefreshTokenKey(secret: [UInt8](repeating: 1, count: 32))
        for generation in UInt32(1)...5 {
            let one = RefreshToken(family: family, generation: generation, key: key).wireValue
            #expect(one == RefreshToken(family: family, generation: generation, key: again).wireValue)
            #expect(one != RefreshToken(family: family, generation: generation + 1, key: key).wireValue)
            #expect(one != RefreshToken(family: SessionID(value: 9), generation: generation, key: key).wireValue)
        }
    }

    @Test("TK-13: a token needs no escapes, and its form is fixed: gr_ and 52 bytes in base64url")
    func form() throws {
        let token = RefreshToken(family: family, generation: 7, key: key).wireValue
        #expect(token.hasPrefix("gr_"))
        #expect(PercentEncoding.encode(token) == token)
        let bytes = try #require(Base64URL.decode(String(token.dropFirst(3))))
        #expect(Array(bytes.prefix(20)) == (1...16).map { UInt8($0) } + [0, 0, 0, 7])
        #expect(bytes.count == 52)
    }

    @Test("stored tokens outlive the program: this one was made by the first version")
    func literal() throws {
        let token = RefreshToken(family: family, generation: 1, key: key)
        #expect(token.wireValue == "gr_AQIDBAUGBwgJCgsMDQ4PEAAAAAFsAtP_7MDXKL2ewirE_CU57I-vFrHRUJpD78ct_KcODg")
    }

    @Test("D-29: no bit of a token can be changed")
    func forgery() throws {
        let token = RefreshToken(family: family, generation: 1, key: key).wireValue
        let bytes = try #require(Base64URL.decode(String(token.dropFirst(3))))
        for index in bytes.indices {
            for bit in 0..<8 {
                var forged = bytes
                forged[index] ^= 1 << bit
                #expect(RefreshToken("gr_" + Base64URL.encode(forged), key: key) == nil)
            }
        }
    }

    @Test("truncated, prolonged, differently spelt and foreign texts are no tokens")
    func malformed() throws {
        let token = RefreshToken(family: family, generation: 1, key: key).wireValue
        for count in 0..<token.count {
            #expect(RefreshToken(String(token.prefix(count)), key: key) == nil)
        }
        let body = String(token.dropFirst(3))
        let others = [
            token + "A", token + "=", token + " ", " " + token, token + "\n", body, "GR_" + body, "gs_" + body,
            "gr-" + body,
            "gr_" + body.replacing("-", with: "+").replacing("_", with: "/") + "==", "gr_\u{301}" + body, "gr_", "gr_!",
            "eyJhbGciOiJFUzI1NiJ9.e30.x", String(repeating: "gr_", count: 10_000),
        ]
        for text in others {
            #expect(RefreshToken(text, key: key) == nil)
        }
    }

    @Test("another key's token is none, and the key serves nothing else")
    func otherKey() {
        let token = RefreshToken(family: family, generation: 1, key: key).wireValue
        #expect(RefreshToken(token, key: RefreshTokenKey(secret: [UInt8](repeating: 2, count: 32))) == nil)
        // Domain separation: a MAC under the bare secret is not one of ours.
        let body = family.bytes + [0, 0, 0, 1]
        let mac = HMACSHA256Key([UInt8](repeating: 1, count: 32)).authenticationCode(for: body).bytes
        #expect(RefreshToken("gr_" + Base64URL.encode(body + mac), key: key) == nil)
    }
}
