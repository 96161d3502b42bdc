internal import COpenSSL

/// OpenSSL's contexts of one AES-256-GCM key, some of them kept for the next text.
///
/// Expanding the key and its GHASH tables costs as much as opening a short text; a reused context only gets a new
/// nonce.
@safe
final class KeyedCipherContexts: Sendable {
    /// The one direction that a context is used for.
    enum Direction: Int32 {
        case opening = 0
        case sealing = 1
    }

    private let key: SecretBytes
    private let opening = unsafe IdleContexts { context in unsafe EVP_CIPHER_CTX_free(context) }
    private let sealing = unsafe IdleContexts { context in unsafe EVP_CIPHER_CTX_free(context) }

    /// An empty store for the key.
    init(key: SecretBytes) {
        self.key = key
    }

    /// Passes `use` a context with the key and this nonce; `false` when `use` returns it or OpenSSL has no context.
    func withContext(for direction: Direction, nonce: [UInt8], _ use: (OpaquePointer) -> Bool) -> Bool {
        let idle = direction == .sealing ? sealing : opening
        let result = unsafe idle.withContext(make: { unsafe keyed(direction) }) { context -> Bool? in
            // A new nonce starts afresh, whatever state the previous text left.
            unsafe EVP_CipherInit_ex2(context, nil, nil, nonce, direction.rawValue, nil) == 1 && use(context)
        }
        return result ?? false
    }

    private func keyed(_ direction: Direction) -> OpaquePointer? {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
        let isKeyed = unsafe key.withBytes { key in
            let cipher = unsafe FetchedAlgorithms.shared.aes256GCM
            return unsafe EVP_CipherInit_ex2(context, cipher, key.baseAddress, nil, direction.rawValue, nil) == 1
        }
        guard isKeyed else {
            unsafe EVP_CIPHER_CTX_free(context)
            return nil
        }
        return unsafe context
    }
}
