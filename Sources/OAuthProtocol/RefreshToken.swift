import Foundations
import OpenSSLCrypto

/// RFC 6749 §6, RFC 9700 §4.14: a refresh token that contains its family and generation, authenticated by a MAC.
///
/// `gr_` + base64url(family ‖ generation ‖ HMAC-SHA-256). The server stores only the family's current generation; the
/// successor is *derived*. A client that repeats a refresh therefore gets the same successor, byte for byte, even after
/// a crash, and a restored backup recognizes tokens that are newer than itself (FD-1).
package struct RefreshToken: Hashable, Sendable, Redacted {
    /// The session whose family this token belongs to.
    package let family: SessionID
    /// The token's place in its family, from 1.
    package let generation: UInt32
    /// The token on the wire.
    package let wireValue: String

    private static let prefix = "gr_"
    /// Family and generation, which the MAC covers.
    private static let bodyByteCount = 20
    private static let byteCount = bodyByteCount + SHA256.byteCount
    private static let textByteCount = prefix.utf8.count + (byteCount * 8 + 5) / 6

    /// The token of a family at a generation.
    package init(family: SessionID, generation: UInt32, key: RefreshTokenKey) {
        self.family = family
        self.generation = generation
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        family.appendBytes(to: &bytes)
        for shift in stride(from: 24, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: generation >> shift))
        }
        key.authenticationCode(for: bytes.span).append(to: &bytes)
        var text: [UInt8] = []
        text.reserveCapacity(Self.textByteCount)
        text.append(contentsOf: Self.prefix.utf8)
        Base64URL.append(bytes, to: &text)
        wireValue = String(ascii: text.span)
    }

    /// Reads a token; `nil` for a wrong shape or a wrong MAC, compared in constant time.
    package init?(_ text: String, key: RefreshTokenKey) {
        guard let bytes = Self.bytes(of: text) else { return nil }
        let code = key.authenticationCode(for: bytes.span.extracting(0..<Self.bodyByteCount))
        // Digests compare in constant time.
        guard SHA256Digest(bytes.span.extracting(Self.bodyByteCount..<Self.byteCount)) == code else { return nil }
        family = SessionID(bytes: bytes)
        generation = bytes[16..<Self.bodyByteCount].reduce(0) { $0 << 8 | UInt32($1) }
        wireValue = text
    }

    /// Whether a text has the shape of these tokens.
    ///
    /// One that was issued under a lost key or a lost state is not a guess.
    package static func isWellFormed(_ text: String) -> Bool {
        bytes(of: text) != nil
    }

    /// The part after the prefix, if the text has the shape of these tokens.
    private static func bytes(of text: String) -> [UInt8]? {
        guard text.utf8.count == textByteCount, text.hasPrefix(prefix) else { return nil }
        return Base64URL.decode(text.utf8.span.extracting(prefix.utf8.count..<textByteCount))
    }
}

/// The key that refresh tokens are derived with; created once and kept as long as its tokens may live.
package struct RefreshTokenKey: Sendable, Redacted {
    private let key: HMACSHA256Key

    /// A key of 32 secret bytes; domain-separated, so that the same bytes serve no other purpose.
    package init(secret: [UInt8]) {
        key = HMACSHA256Key(
            HKDFSHA256.derive(secret: secret, salt: [], info: Array("gatehouse refresh token 1".utf8), count: 32)
        )
    }

    func authenticationCode(for body: Span<UInt8>) -> SHA256Digest {
        key.authenticationCode(for: body)
    }
}
