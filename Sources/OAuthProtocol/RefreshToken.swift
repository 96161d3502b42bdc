import OpenSSLCrypto

/// RFC 6749 §6, RFC 9700 §4.14: a refresh token that carries its family and generation under our MAC.
///
/// `gr_` + base64url(family ‖ generation ‖ HMAC-SHA-256). The server stores only the family's current generation; the
/// successor is *derived*, so the same client that repeats a refresh gets the same successor, byte for byte, even after
/// a crash, and a backup that is restored knows tokens that are newer than itself (decision 0.1).
package struct RefreshToken: Hashable, Sendable, RedactedSecret {
    /// The session whose family this token belongs to.
    package let family: SessionID
    /// The token's place in its family, from 1.
    package let generation: UInt32
    /// The token on the wire.
    package let wireValue: String

    private static let prefix = "gr_"
    private static let macByteCount = 32

    /// The token of a family at a generation.
    package init(family: SessionID, generation: UInt32, key: RefreshTokenKey) {
        self.family = family
        self.generation = generation
        let body = Self.body(family, generation)
        wireValue = Self.prefix + Base64URL.encode(body + key.authenticationCode(for: body).bytes)
    }

    /// Reads a token, or returns `nil` when it is not one of ours: wrong shape or wrong MAC, compared in constant time.
    package init?(_ text: String, key: RefreshTokenKey) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        guard
            let bytes = Base64URL.decode(String(text.dropFirst(Self.prefix.count))),
            bytes.count == 20 + Self.macByteCount
        else { return nil }
        let body = Array(bytes[..<20])
        guard constantTimeEqual(Array(bytes[20...]), key.authenticationCode(for: body).bytes) else { return nil }
        family = SessionID(bytes: body)
        generation = bytes[16..<20].reduce(0) { $0 << 8 | UInt32($1) }
        wireValue = text
    }

    /// Whether a text has the shape of our tokens: one that was ours under a key or a state that is gone is no guess.
    package static func isWellFormed(_ text: String) -> Bool {
        text.hasPrefix(prefix) && Base64URL.decode(String(text.dropFirst(prefix.count)))?.count == 20 + macByteCount
    }

    private static func body(_ family: SessionID, _ generation: UInt32) -> [UInt8] {
        family.bytes + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: generation >> $0) }
    }
}

/// The key under which refresh tokens are derived; created once and kept as long as its tokens may live.
package struct RefreshTokenKey: Sendable, RedactedSecret {
    private let key: HMACSHA256Key

    /// A key of 32 secret bytes; domain-separated, so that the same bytes serve nothing else.
    package init(secret: [UInt8]) {
        key = HMACSHA256Key(
            HKDFSHA256.derive(secret: secret, salt: [], info: Array("gatehouse refresh token 1".utf8), count: 32)
        )
    }

    func authenticationCode(for body: [UInt8]) -> SHA256Digest {
        key.authenticationCode(for: body)
    }
}
