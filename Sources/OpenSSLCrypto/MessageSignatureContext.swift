internal import COpenSSL

/// Signs or verifies whole messages with an Ed25519 key, which hashes the message itself (RFC 8032 §5.1.6).
///
/// One template per key and one copy per use, as in ``DigestSignatureContext``.
@safe
final class MessageSignatureContext: Sendable {
    /// The length of an Ed25519 signature.
    static let signatureByteCount = 64

    // SAFETY: after `init` the template is only copied from, which reads it and counts references atomically.
    nonisolated(unsafe) private let template: OpaquePointer

    /// A template to sign or to verify.
    init(key: NativeKey, purpose: SignatureContext.Purpose) throws(CryptoError) {
        guard let context = unsafe EVP_MD_CTX_new() else {
            throw CryptoError.fromLibrary(.libraryFailure, "no context for the key")
        }
        unsafe template = context
        let started =
            switch purpose {
            case .sign: unsafe EVP_DigestSignInit_ex(context, nil, nil, nil, nil, key.pointer, nil)
            case .verify: unsafe EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, key.pointer, nil)
            }
        guard started == 1 else { throw CryptoError.fromLibrary(.libraryFailure, "the key does not support EdDSA") }
    }

    deinit { unsafe EVP_MD_CTX_free(template) }

    /// The signature of `message`, or `nil` if OpenSSL fails.
    func signature(of message: [UInt8]) -> [UInt8]? {
        guard let context = unsafe copy() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Self.signatureByteCount)
        var count = signature.count
        guard unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1,
            count == signature.count
        else { return nil }
        return signature
    }

    /// Whether `signature` is this key's signature of `message`.
    func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = unsafe copy() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    private func copy() -> OpaquePointer? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        guard unsafe EVP_MD_CTX_copy_ex(context, template) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            return nil
        }
        return unsafe context
    }
}
