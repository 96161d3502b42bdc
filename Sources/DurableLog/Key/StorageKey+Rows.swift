package import OpenSSLCrypto

/// What a database derives from the storage key, apart from everything that files derive.
extension StorageKey {
    /// The key with which one process seals rows of a database; no two processes share a salt, so that no nonce is
    /// used twice with a key.
    package func rowKey(salt: [UInt8]) throws(CryptoError) -> AES256GCMKey {
        try fileKey(salt: salt, purpose: "database rows")
    }

    /// 32 bytes for one purpose, the same in every process.
    package func derivedBytes(purpose: String) -> [UInt8] {
        HKDFSHA256.derive(secret: secret, salt: [], info: Array("gatehouse database \(purpose)".utf8), count: 32)
    }
}
