import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Seals bytes into text that a browser carries for us: it cannot be read, changed, or used for another purpose.
///
/// AES-256-GCM under a key that is derived for one domain. The text is base64url of a random nonce, the ciphertext and its
/// tag; the purpose is authenticated with it.
package struct TextSealing: Sendable {
    private let key: AES256GCMKey
    private let random: any RandomSource

    /// Sealing under a key derived from the server's secret; another domain has another key.
    package init(secret: [UInt8], domain: String, random: any RandomSource) throws(CryptoError) {
        key = try AES256GCMKey(HKDFSHA256.derive(secret: secret, salt: [], info: Array(domain.utf8), count: 32))
        self.random = random
    }

    /// Seals bytes for one purpose.
    package func seal(_ bytes: [UInt8], for purpose: String) throws(CryptoError) -> String {
        let nonce = random.bytes(AES256GCMKey.nonceByteCount)
        return Base64URL.encode(nonce + (try key.seal(bytes, nonce: nonce, authenticating: Array(purpose.utf8))))
    }

    /// Opens what was sealed for the same purpose; `nil` for anything else.
    package func open(_ text: String, for purpose: String) -> [UInt8]? {
        guard let bytes = Base64URL.decode(text), bytes.count > AES256GCMKey.nonceByteCount else { return nil }
        // Why it does not open is of no use to the browser that brought it.
        return try? key.open(
            Array(bytes.dropFirst(AES256GCMKey.nonceByteCount)),
            nonce: Array(bytes.prefix(AES256GCMKey.nonceByteCount)),
            authenticating: Array(purpose.utf8)
        )
    }

    /// Opens what was sealed for the same purpose and reads a value from it; `nil` when either fails.
    package func open<Value>(
        _ text: String,
        for purpose: String,
        _ read: (inout BinaryReader) throws(RecordError) -> Value
    ) -> Value? {
        guard let bytes = open(text, for: purpose) else { return nil }
        var reader = BinaryReader(bytes)
        // What was sealed by another version of this program may have another form.
        return try? read(&reader)
    }
}
