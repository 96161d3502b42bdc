internal import COpenSSL

/// A public key that verifies signatures: P-256, P-384, P-521, Ed25519 or RSA of 2048 to 8192 bits.
package struct PublicKey: Sendable, Equatable, CustomStringConvertible {
    /// The numbers of a public key, big-endian, as a JWK writes them (RFC 7518 §6, RFC 8037 §2).
    package enum Components: Sendable, Equatable {
        /// A point of P-256: two coordinates of exactly 32 bytes.
        case p256(x: [UInt8], y: [UInt8])
        /// A point of P-384: two coordinates of exactly 48 bytes.
        case p384(x: [UInt8], y: [UInt8])
        /// A point of P-521: two coordinates of exactly 66 bytes.
        case p521(x: [UInt8], y: [UInt8])
        /// An encoded point of Ed25519: exactly 32 bytes.
        case ed25519(x: [UInt8])
        /// An RSA modulus and exponent, without leading zeros once a key was made from them.
        case rsa(modulus: [UInt8], exponent: [UInt8])
    }

    /// The numbers of the key.
    package let components: Components

    private let native: NativeKey
    private let verification: SignatureContext

    /// The key with these numbers; throws `invalidKey` for numbers that are not a key, `weakKey` for a key that gives
    /// no protection.
    package init(_ components: Components) throws(CryptoError) {
        let components = components.normalized
        native = try components.makeNativeKey()
        self.components = components
        verification = try SignatureContext(key: native, components: components, purpose: .verify)
    }

    /// Whether `signature`, in JOSE form, is this key's signature of `message`.
    ///
    /// A wrong length, a DER form, R = S = 0 and an algorithm of another kind of key all yield `false`.
    package func isValidSignature(
        _ signature: [UInt8],
        for message: [UInt8],
        using algorithm: SignatureAlgorithm
    ) -> Bool {
        VerificationTally.current?.increment()
        return verification.isValid(signature, of: message, using: algorithm)
    }

    /// Whether a signature costs no more to verify than one of an RSA key of `bitCountMax` bits with the usual
    /// exponent.
    ///
    /// The cost grows with the square of the modulus and with the length of the exponent, and the key's owner pays none
    /// of it.
    package func isCheap(rsaBitCountMax bitCountMax: Int) -> Bool {
        guard case .rsa(let modulus, let exponent) = components else { return true }
        let bitCount = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        return bitCount <= bitCountMax && exponent == [1, 0, 1]
    }

    /// Whether the key can verify signatures of `algorithm`.
    package func supports(_ algorithm: SignatureAlgorithm) -> Bool {
        KeyKind(for: algorithm) == components.kind
    }

    /// The kind of the key, which is safe to log.
    package var description: String { "\(components.kind) public key" }

    /// Whether two keys have the same numbers.
    package static func == (left: PublicKey, right: PublicKey) -> Bool { left.components == right.components }
}

extension PublicKey {
    /// The key of a PEM text `PUBLIC KEY` (SubjectPublicKeyInfo, RFC 7468 §13).
    package init(pem: String) throws(CryptoError) {
        let key = try unsafe PEMText.read(pem) { bio in unsafe gatehouse_read_public_key(bio) }
        try self.init(try key.components(of: try key.ownKind))
    }

    /// The key as PEM text `PUBLIC KEY`.
    package var pem: String {
        guard let text = unsafe PEMText.write({ bio in unsafe PEM_write_bio_PUBKEY(bio, native.pointer) }) else {
            preconditionFailure("OpenSSL could not encode a public key that it made")
        }
        return text
    }
}
