import Foundations
package import OpenSSLCrypto

/// The key that seals everything in the storage directory: 32 bytes, never written except to a key file.
package struct StorageKey: Sendable, Redacted {
    /// The length of a key: 32 bytes.
    package static let byteCount = 32

    /// The bytes, for `hexadecimal` and for deriving.
    ///
    /// Overwritten when the last copy of the key is released.
    let secret: SecretBytes

    /// The key's identifier in file headers: enough to distinguish keys, useless for finding one.
    let identifier: [UInt8]

    /// A key of exactly 32 bytes.
    package init(bytes: [UInt8]) throws(StorageKeyError) {
        guard bytes.count == Self.byteCount else { throw .wrongLength }
        // A key of one repeated byte is an empty buffer, or a test key that reached production.
        guard bytes.contains(where: { $0 != bytes[0] }) else { throw .notRandom }
        secret = SecretBytes(bytes)
        identifier = HKDFSHA256.derive(secret: bytes, salt: [], info: Array("gatehouse storage key id".utf8), count: 8)
    }

    /// A new key.
    package static func generate(from random: any RandomSource) throws(StorageKeyError) -> StorageKey {
        try StorageKey(bytes: random.bytes(byteCount))
    }

    /// The key of one file: no two files share one, so that no nonce is used twice with a key.
    func fileKey(salt: [UInt8], purpose: String) throws(CryptoError) -> AES256GCMKey {
        try AES256GCMKey(
            HKDFSHA256.derive(secret: secret, salt: salt, info: Array("gatehouse \(purpose)".utf8), count: 32)
        )
    }

    /// The key of the audit trail's checkpoints: with it nothing of the storage can be opened.
    package var auditKey: HMACSHA256Key {
        HMACSHA256Key(
            HKDFSHA256.derive(secret: secret, salt: [], info: Array("gatehouse audit checkpoints".utf8), count: 32)
        )
    }

    /// The text that a key file holds.
    package var hexadecimal: String {
        unsafe secret.withBytes { unsafe Hexadecimal.encode(Array($0)) }
    }
}

/// Why a text is not a storage key.
package enum StorageKeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Neither 32 bytes, nor 64 hexadecimal digits, nor 32 bytes in base64.
    case wrongLength
    /// One byte repeated: the key is not random.
    case notRandom

    /// The sentence for the operator.
    package var description: String {
        switch self {
        case .wrongLength:
            "a storage key is 32 random bytes, as 64 hexadecimal digits or in base64; make one with: openssl rand -hex 32"
        case .notRandom:
            "the storage key is one byte repeated; make one with: openssl rand -hex 32"
        }
    }
}
