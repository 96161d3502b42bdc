internal import COpenSSL

/// The digests and the cipher, looked up once.
///
/// OpenSSL 3 searches its providers at each fetch, implicit ones included, which costs as much as hashing a token.
@safe
struct FetchedAlgorithms: Sendable {
    /// The only instance; the server cannot run on an installation without these algorithms.
    static let shared = FetchedAlgorithms()

    // SAFETY: an EVP_MD is immutable after the fetch and reference-counted atomically; this one is never released.
    nonisolated(unsafe) let sha256: OpaquePointer
    // SAFETY: as above.
    nonisolated(unsafe) let sha384: OpaquePointer
    // SAFETY: as above.
    nonisolated(unsafe) let sha512: OpaquePointer
    // SAFETY: an EVP_CIPHER is immutable after the fetch; never released.
    nonisolated(unsafe) let aes256GCM: OpaquePointer

    private init() {
        OpenSSLLibrary.stayUntilTheEnd()
        guard let sha256 = unsafe EVP_MD_fetch(nil, "SHA256", nil),
            let sha384 = unsafe EVP_MD_fetch(nil, "SHA384", nil),
            let sha512 = unsafe EVP_MD_fetch(nil, "SHA512", nil),
            let aes256GCM = unsafe EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
        else { preconditionFailure("this OpenSSL offers no SHA-2 or no AES-256-GCM") }
        unsafe self.sha256 = sha256
        unsafe self.sha384 = sha384
        unsafe self.sha512 = sha512
        unsafe self.aes256GCM = aes256GCM
    }
}
