internal import COpenSSL
import Foundations

/// NIST SP 800-38D: an AES-256-GCM key.
///
/// It seals what is stored, so that it can be neither read nor changed unnoticed.
///
/// A nonce must never repeat under one key: a repeat reveals the difference of the texts and the authentication key.
package struct AES256GCMKey: Sendable, Redacted {
    /// The length of a key: 32 bytes.
    package static let byteCount = 32
    /// The length of a nonce: 12 bytes.
    package static let nonceByteCount = 12
    /// The length of the tag that follows the ciphertext: 16 bytes.
    package static let tagByteCount = 16

    private let contexts: KeyedCipherContexts

    /// A key of exactly 32 bytes; anything else throws `invalidLength`.
    package init(_ bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count == Self.byteCount else {
            throw CryptoError(.invalidLength, "an AES-256 key has 32 bytes, but this one has \(bytes.count)")
        }
        contexts = KeyedCipherContexts(key: SecretBytes(bytes))
    }

    /// Encrypts the text and authenticates it together with `authenticating`; returns ciphertext ‖ 16-byte tag.
    package func seal(
        _ plaintext: [UInt8],
        nonce: [UInt8],
        authenticating: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try checkLengths(text: plaintext.count, nonce: nonce, authenticating: authenticating)
        var isSealed = false
        let sealed = unsafe [UInt8](unsafeUninitializedCapacity: plaintext.count + Self.tagByteCount) { output, count in
            isSealed = unsafe encrypt(plaintext, nonce: nonce, authenticating: authenticating, into: output)
            count = isSealed ? output.count : 0
        }
        guard isSealed else { throw CryptoError.fromLibrary(.libraryFailure, "OpenSSL could not seal") }
        return sealed
    }

    /// Decrypts what ``seal(_:nonce:authenticating:)`` returned.
    ///
    /// Throws `authenticationFailed`, and returns no plaintext, when the key, the nonce, `authenticating` or a bit of
    /// `sealed` differs.
    package func open(
        _ sealed: [UInt8],
        nonce: [UInt8],
        authenticating: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try checkLengths(text: sealed.count, nonce: nonce, authenticating: authenticating)
        guard sealed.count >= Self.tagByteCount else {
            throw CryptoError(.authenticationFailed, "sealed bytes are shorter than their tag")
        }
        var isAuthentic = false
        let plaintext = unsafe [UInt8](unsafeUninitializedCapacity: sealed.count - Self.tagByteCount) { output, count in
            isAuthentic = unsafe decrypt(sealed, nonce: nonce, authenticating: authenticating, into: output)
            count = isAuthentic ? output.count : 0
            // Decryption writes before the tag is checked: unauthenticated plaintext must not stay behind.
            if !isAuthentic { unsafe OPENSSL_cleanse(output.baseAddress, output.count) }
        }
        guard isAuthentic else {
            throw CryptoError.fromLibrary(.authenticationFailed, "sealed bytes do not match their tag")
        }
        return plaintext
    }

    private func checkLengths(text: Int, nonce: [UInt8], authenticating: [UInt8]) throws(CryptoError) {
        guard nonce.count == Self.nonceByteCount else {
            throw CryptoError(.invalidLength, "an AES-GCM nonce has 12 bytes, but this one has \(nonce.count)")
        }
        // OpenSSL takes lengths as 32-bit integers.
        guard text <= Int(Int32.max), authenticating.count <= Int(Int32.max) else {
            throw CryptoError(.invalidLength, "at most 2 GiB can be sealed at once")
        }
    }

    private func encrypt(
        _ plaintext: [UInt8],
        nonce: [UInt8],
        authenticating: [UInt8],
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        guard let start = output.baseAddress else { return false }
        let tag = unsafe start + plaintext.count
        var written: Int32 = 0
        return unsafe contexts.withContext(for: .sealing, nonce: nonce) { context in
            guard
                unsafe authenticating.isEmpty
                    || EVP_EncryptUpdate(context, nil, &written, authenticating, Int32(authenticating.count)) == 1,
                unsafe plaintext.isEmpty
                    || EVP_EncryptUpdate(context, start, &written, plaintext, Int32(plaintext.count)) == 1
            else { return false }
            return unsafe EVP_EncryptFinal_ex(context, tag, &written) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagByteCount), tag) == 1
        }
    }

    private func decrypt(
        _ sealed: [UInt8],
        nonce: [UInt8],
        authenticating: [UInt8],
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        let textCount = sealed.count - Self.tagByteCount
        var tag = Array(sealed[textCount...])
        // Without text there is no output buffer, but OpenSSL still needs an address.
        var nothing: UInt8 = 0
        var written: Int32 = 0
        return unsafe contexts.withContext(for: .opening, nonce: nonce) { context in
            guard
                unsafe authenticating.isEmpty
                    || EVP_DecryptUpdate(context, nil, &written, authenticating, Int32(authenticating.count)) == 1,
                unsafe textCount == 0
                    || EVP_DecryptUpdate(context, output.baseAddress, &written, sealed, Int32(textCount)) == 1
            else { return false }
            return unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
                && EVP_DecryptFinal_ex(context, &nothing, &written) == 1
        }
    }
}
