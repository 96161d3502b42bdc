import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Seals bytes into text that a browser carries for us: it cannot be read, changed, or used for another purpose.
///
/// AES-256-GCM. Each text has a key of its own: the HMAC of a random salt under a key that is derived for one domain.
/// Anybody can make this server seal texts, as many as they like; under one key, random nonces would repeat after some
/// 2³² of them. The text is base64url of the salt, a random nonce, the ciphertext and its tag; the purpose is
/// authenticated with it.
package struct TextSealing: Sendable {
    private let key: HMACSHA256Key
    private let random: any RandomSource

    /// Sealing under a key derived from the server's secret; another domain has another key.
    package init(secret: [UInt8], domain: String, random: any RandomSource) throws(CryptoError) {
        key = HMACSHA256Key(HKDFSHA256.derive(secret: secret, salt: [], info: Array(domain.utf8), count: 32))
        self.random = random
    }

    /// Seals bytes for one purpose.
    package func seal(_ bytes: [UInt8], for purpose: String) throws(CryptoError) -> String {
        let salt = random.bytes(Self.saltByteCount)
        let nonce = random.bytes(AES256GCMKey.nonceByteCount)
        let sealed = try textKey(salt).seal(bytes, nonce: nonce, authenticating: Array(purpose.utf8))
        return Base64URL.encode(salt + nonce + sealed)
    }

    /// Opens what was sealed for the same purpose; `nil` for anything else.
    package func open(_ text: String, for purpose: String) -> [UInt8]? {
        let headCount = Self.saltByteCount + AES256GCMKey.nonceByteCount
        guard let bytes = Base64URL.decode(text), bytes.count > headCount else { return nil }
        // Why it does not open is of no use to the browser that brought it.
        return try? textKey(Array(bytes.prefix(Self.saltByteCount))).open(
            Array(bytes.dropFirst(headCount)),
            nonce: Array(bytes[Self.saltByteCount..<headCount]),
            authenticating: Array(purpose.utf8)
        )
    }

    private static let saltByteCount = 16

    private func textKey(_ salt: [UInt8]) throws(CryptoError) -> AES256GCMKey {
        try AES256GCMKey(key.authenticationCode(for: salt).bytes)
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
