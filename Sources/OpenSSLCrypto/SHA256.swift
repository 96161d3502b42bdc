internal import COpenSSL
internal import Glibc

/// FIPS 180-4: SHA-256, the hash of tokens, codes, PKCE verifiers and key thumbprints.
package enum SHA256 {
    /// The length of a digest.
    package static let byteCount = 32

    /// The digest of borrowed bytes.
    package static func hash(_ bytes: Span<UInt8>) -> SHA256Digest {
        unsafe SHA256Digest { output in
            let context = unsafe ThreadDigestContext.current
            return unsafe bytes.withUnsafeBytes { input in
                unsafe EVP_DigestInit_ex(context, FetchedAlgorithms.shared.sha256, nil) == 1
                    && EVP_DigestUpdate(context, input.baseAddress, input.count) == 1
                    && EVP_DigestFinal_ex(context, output, nil) == 1
            }
        }
    }

    /// The digest of an array of bytes.
    package static func hash(_ bytes: [UInt8]) -> SHA256Digest { hash(bytes.span) }

    /// The digest of a text's UTF-8 bytes.
    package static func hash(_ text: String) -> SHA256Digest { hash(text.utf8Span.span) }
}

/// One digest context per thread, made at the thread's first hash and freed with the thread.
///
/// Reusing it halves the cost of hashing a token. Hashing is synchronous, so no two users can meet on one thread.
private enum ThreadDigestContext {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = unsafe pthread_key_create(&key) { context in
            unsafe EVP_MD_CTX_free(context.map { OpaquePointer($0) })
        }
        precondition(status == 0, "no thread-specific storage left")
        return key
    }()

    static var current: OpaquePointer {
        if let context = unsafe pthread_getspecific(key) { return OpaquePointer(context) }
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        let status = unsafe pthread_setspecific(key, UnsafeRawPointer(context))
        precondition(status == 0, "no thread-specific storage left")
        return unsafe context
    }
}
