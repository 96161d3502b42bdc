internal import COpenSSL

/// Signs or verifies digests with one EC or RSA key under one hash and padding.
///
/// Setting up a context looks algorithms up by name and costs a third of an ES256 signature. Each key therefore has one
/// template; signing uses copies of it and keeps some of them for later signatures.
@safe
final class DigestSignatureContext: Sendable {
    // SAFETY: after `init` the template is only copied from, which reads it and counts references atomically.
    nonisolated(unsafe) private let template: OpaquePointer
    private let idle = unsafe IdleContexts { context in unsafe EVP_PKEY_CTX_free(context) }

    /// A template for `algorithm`, which must not be EdDSA, to sign or to verify.
    init(key: NativeKey, algorithm: SignatureAlgorithm, purpose: SignatureContext.Purpose) throws(CryptoError) {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else {
            throw CryptoError.fromLibrary(.libraryFailure, "no context for the key")
        }
        unsafe template = context
        let started =
            switch purpose {
            case .sign: unsafe EVP_PKEY_sign_init(context)
            case .verify: unsafe EVP_PKEY_verify_init(context)
            }
        guard started == 1, unsafe Self.configure(context, for: algorithm) else {
            throw CryptoError.fromLibrary(.libraryFailure, "the key does not support \(algorithm.rawValue)")
        }
    }

    deinit { unsafe EVP_PKEY_CTX_free(template) }

    /// Passes `use` a context that no other caller has; `nil` when there is no memory for one.
    private func withContext<Result>(_ use: (OpaquePointer) -> Result?) -> Result? {
        unsafe idle.withContext(make: { unsafe EVP_PKEY_CTX_dup(template) }, use)
    }

    private static func configure(_ context: OpaquePointer, for algorithm: SignatureAlgorithm) -> Bool {
        let hash = unsafe algorithm.hash.algorithm
        switch algorithm {
        case .es256, .es384, .es512, .edDSA:
            return true
        case .rs256, .rs384, .rs512:
            return unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
                && EVP_PKEY_CTX_set_signature_md(context, hash) == 1
        case .ps256, .ps384, .ps512:
            // RFC 7518 §3.5: the salt is as long as the digest, and MGF1 uses the same hash.
            return unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_signature_md(context, hash) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
        }
    }

    /// Passes the signature of `digest`, which fits `capacity` bytes, to `body`; `nil` if OpenSSL fails.
    func withSignature<Result>(
        of digest: SHA256Digest,
        capacity: Int,
        _ body: (Span<UInt8>) -> Result?
    ) -> Result? {
        unsafe withContext { context in
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { output in
                var count = capacity
                let status = unsafe digest.withBytes { input in
                    unsafe EVP_PKEY_sign(context, output.baseAddress, &count, input, SHA256.byteCount)
                }
                guard status == 1, count <= capacity else { return nil }
                return unsafe body(UnsafeBufferPointer(rebasing: output[..<count]).span)
            }
        }
    }

    /// Whether `signature`, in OpenSSL's form, is this key's signature of `digest`.
    func isValid(_ signature: [UInt8], of digest: SHA256Digest) -> Bool {
        let isValid = unsafe withContext { context in
            unsafe digest.withBytes { input in
                unsafe EVP_PKEY_verify(context, signature, signature.count, input, SHA256.byteCount) == 1
            }
        }
        return isValid == true
    }

    /// The signature of a digest of another length, at most `capacity` bytes; `nil` if OpenSSL fails.
    func withSignature<Result>(
        ofLong digest: [UInt8],
        capacity: Int,
        _ body: (Span<UInt8>) -> Result?
    ) -> Result? {
        unsafe withContext { context in
            var output = [UInt8](repeating: 0, count: capacity)
            var count = capacity
            guard unsafe EVP_PKEY_sign(context, &output, &count, digest, digest.count) == 1, count <= capacity else {
                return nil
            }
            return body(output.span.extracting(0..<count))
        }
    }

    /// Whether `signature`, in OpenSSL's form, is this key's signature of a digest of another length.
    func isValid(_ signature: [UInt8], ofLong digest: [UInt8]) -> Bool {
        let isValid = unsafe withContext { context in
            unsafe EVP_PKEY_verify(context, signature, signature.count, digest, digest.count) == 1
        }
        return isValid == true
    }
}
