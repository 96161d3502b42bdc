/// RFC 7515 §5: makes and checks JOSE signatures with one key, whatever its kind.
struct SignatureContext: Sendable {
    /// What a context is set up for.
    enum Purpose {
        case sign
        case verify
    }

    private enum Scheme: Sendable {
        case p256(DigestSignatureContext)
        /// P-384 and P-521.
        case longCurve(DigestSignatureContext, ECDSASignatureEncoding)
        case ed25519(MessageSignatureContext)
        case rsa(pkcs1: DigestSignatureContext, pss: DigestSignatureContext, byteCount: Int)
    }

    /// The kind of the key.
    let kind: KeyKind
    private let scheme: Scheme
    private let key: NativeKey
    private let purpose: Purpose

    /// Sets a context up for `key`; `components` are its public half.
    init(key: NativeKey, components: PublicKey.Components, purpose: Purpose) throws(CryptoError) {
        kind = components.kind
        self.key = key
        self.purpose = purpose
        switch components {
        case .p384, .p521:
            scheme = .longCurve(
                try DigestSignatureContext(key: key, algorithm: components.kind.defaultAlgorithm, purpose: purpose),
                components.kind == .p384 ? .p384 : .p521
            )
        case .p256:
            scheme = .p256(try DigestSignatureContext(key: key, algorithm: .es256, purpose: purpose))
        case .ed25519:
            scheme = .ed25519(try MessageSignatureContext(key: key, purpose: purpose))
        case .rsa(let modulus, _):
            scheme = .rsa(
                pkcs1: try DigestSignatureContext(key: key, algorithm: .rs256, purpose: purpose),
                pss: try DigestSignatureContext(key: key, algorithm: .ps256, purpose: purpose),
                byteCount: modulus.count
            )
        }
    }

    /// The JOSE form of the signature of `message`.
    func signature(of message: [UInt8], using algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] {
        let signature: [UInt8]?
        switch (scheme, algorithm) {
        case (.p256(let context), .es256):
            signature = context.withSignature(
                of: SHA256.hash(message),
                capacity: ECDSASignatureEncoding.derByteCountMax,
                ECDSASignatureEncoding.rawSignature(fromDER:)
            )
        case (.ed25519(let context), .edDSA):
            signature = context.signature(of: message)
        case (.rsa(let context, _, let byteCount), .rs256), (.rsa(_, let context, let byteCount), .ps256):
            signature = context.withSignature(of: SHA256.hash(message), capacity: byteCount) { bytes in
                unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
            }
        case (.longCurve(let context, let encoding), .es384), (.longCurve(let context, let encoding), .es512):
            guard KeyKind(for: algorithm) == kind else {
                throw CryptoError(.algorithmMismatch, "the key does not sign with \(algorithm.rawValue)")
            }
            signature = context.withSignature(
                ofLong: algorithm.hash.hash(message),
                capacity: encoding.derByteCountMax,
                encoding.raw(fromDER:)
            )
        case (.rsa(_, _, let byteCount), .rs384), (.rsa(_, _, let byteCount), .rs512),
            (.rsa(_, _, let byteCount), .ps384), (.rsa(_, _, let byteCount), .ps512):
            // Rare, so that no context is kept.
            let context = try DigestSignatureContext(key: key, algorithm: algorithm, purpose: purpose)
            signature = context.withSignature(ofLong: algorithm.hash.hash(message), capacity: byteCount) { bytes in
                unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
            }
        default:
            throw CryptoError(.algorithmMismatch, "the key does not sign with \(algorithm.rawValue)")
        }
        guard let signature else { throw CryptoError.fromLibrary(.libraryFailure, "OpenSSL could not sign") }
        return signature
    }

    /// Whether `signature` is the JOSE form of the key's signature of `message`; malformed input yields `false`.
    func isValid(_ signature: [UInt8], of message: [UInt8], using algorithm: SignatureAlgorithm) -> Bool {
        let isValid: Bool
        switch (scheme, algorithm) {
        case (.p256(let context), .es256):
            guard let der = ECDSASignatureEncoding.derSignature(fromRaw: signature) else { return false }
            isValid = context.isValid(der, of: SHA256.hash(message))
        case (.ed25519(let context), .edDSA):
            guard signature.count == MessageSignatureContext.signatureByteCount else { return false }
            isValid = context.isValid(signature, of: message)
        case (.longCurve(let context, let encoding), .es384), (.longCurve(let context, let encoding), .es512):
            guard KeyKind(for: algorithm) == kind, let der = encoding.der(fromRaw: signature) else { return false }
            isValid = context.isValid(der, ofLong: algorithm.hash.hash(message))
        case (.rsa(_, _, let byteCount), .rs384), (.rsa(_, _, let byteCount), .rs512),
            (.rsa(_, _, let byteCount), .ps384), (.rsa(_, _, let byteCount), .ps512):
            // Rare, so that no context is kept; without one the signature cannot be checked.
            guard signature.count == byteCount,
                let context = try? DigestSignatureContext(key: key, algorithm: algorithm, purpose: purpose)
            else { return false }
            isValid = context.isValid(signature, ofLong: algorithm.hash.hash(message))
        case (.rsa(let context, _, let byteCount), .rs256), (.rsa(_, let context, let byteCount), .ps256):
            // RFC 8017 §8.1.2, §8.2.2: a signature is exactly as long as the modulus.
            guard signature.count == byteCount else { return false }
            isValid = context.isValid(signature, of: SHA256.hash(message))
        default:
            // RFC 8725 §3.1: the key decides which algorithms it is used with, not the token's header.
            return false
        }
        if !isValid { _ = LibraryErrors.drain() }
        return isValid
    }
}
