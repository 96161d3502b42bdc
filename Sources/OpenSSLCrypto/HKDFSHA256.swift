internal import COpenSSL

/// RFC 5869: HKDF with SHA-256, which derives several independent keys from one master key.
package enum HKDFSHA256 {
    /// The most bytes that one derivation yields: 255 blocks (RFC 5869 §2.3).
    package static let byteCountMax = 255 * SHA256.byteCount

    /// Extracts from `secret` and `salt` and expands to `count` bytes (1 … 8160), bound to the purpose `info`.
    package static func derive(secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        unsafe secret.withUnsafeBufferPointer { unsafe derive($0, salt, info, count) }
    }

    /// The same from a secret that is overwritten when it is released.
    package static func derive(secret: SecretBytes, salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        unsafe secret.withBytes { unsafe derive($0, salt, info, count) }
    }

    private static func derive(
        _ secret: UnsafeBufferPointer<UInt8>,
        _ salt: [UInt8],
        _ info: [UInt8],
        _ count: Int
    ) -> [UInt8] {
        precondition((1...byteCountMax).contains(count), "HKDF yields 1 to \(byteCountMax) bytes")
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { output, initializedCount in
            let status = unsafe gatehouse_hkdf_sha256(
                secret.baseAddress,
                secret.count,
                salt,
                salt.count,
                info,
                info.count,
                output.baseAddress,
                count
            )
            precondition(status == 1, "OpenSSL could not derive a key")
            initializedCount = count
        }
    }
}
