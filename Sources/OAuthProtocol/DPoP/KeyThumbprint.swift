package import OpenSSLCrypto

/// RFC 7638: identifies the key that a token, a code or a session is bound to (RFC 9449 §6.1: `jkt`).
package struct KeyThumbprint: Hashable, Sendable {
    /// SHA-256 of the key's canonical JSON.
    package let digest: SHA256Digest

    /// The thumbprint with this digest.
    package init(digest: SHA256Digest) {
        self.digest = digest
    }

    /// The thumbprint of a key.
    package init(of publicKey: PublicKey) {
        digest = JSONWebKey.thumbprintDigest(of: publicKey)
    }

    /// Reads a thumbprint: the base64url of 32 bytes, 43 characters; `nil` for anything else.
    package init?(_ text: String) {
        // The decoder refuses every other spelling of the same bytes.
        guard text.utf8.count == Self.characterCount, let bytes = Base64URL.decode(text),
            let digest = SHA256Digest(bytes: bytes[...])
        else { return nil }
        self.digest = digest
    }

    /// The thumbprint as `jkt` and `dpop_jkt` write it.
    package var text: String { Base64URL.encode(digest.bytes) }

    private static let characterCount = 43
}
