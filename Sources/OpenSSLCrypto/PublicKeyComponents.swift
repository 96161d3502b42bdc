internal import COpenSSL

extension PublicKey {
    /// The smallest RSA modulus (RFC 7518 §3.3).
    package static let rsaBitCountMin = 2048
    /// The largest RSA modulus: above it one verification costs a client nothing and the server milliseconds.
    package static let rsaBitCountMax = 8192
    /// The length of an Ed25519 public key.
    static let ed25519ByteCount = 32
}

extension PublicKey.Components {
    /// The kind of key that these numbers form.
    var kind: KeyKind {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .p521: .p521
        case .ed25519: .ed25519
        case .rsa: .rsa
        }
    }

    /// The same numbers in their only spelling: RSA integers without the leading zeros that some encoders leave.
    var normalized: PublicKey.Components {
        guard case .rsa(let modulus, let exponent) = self else { return self }
        return .rsa(modulus: Array(modulus.drop { $0 == 0 }), exponent: Array(exponent.drop { $0 == 0 }))
    }

    /// OpenSSL's key with these numbers, validated (RFC 8725 §3.4).
    func makeNativeKey() throws(CryptoError) -> NativeKey {
        switch self {
        case .p256(let x, let y): try Self.makeKey("P-256", .p256, x: x, y: y)
        case .p384(let x, let y): try Self.makeKey("P-384", .p384, x: x, y: y)
        case .p521(let x, let y): try Self.makeKey("P-521", .p521, x: x, y: y)
        case .ed25519(let x): try Self.makeEd25519Key(x)
        case .rsa(let modulus, let exponent): try Self.makeRSAKey(modulus: modulus, exponent: exponent)
        }
    }

    private static func makeKey(
        _ curve: String,
        _ encoding: ECDSASignatureEncoding,
        x: [UInt8],
        y: [UInt8]
    ) throws(CryptoError) -> NativeKey {
        // RFC 7518 §6.2.1.2: a coordinate is written in full length.
        let count = encoding.integerByteCount
        guard x.count == count, y.count == count else {
            throw CryptoError(.invalidLength, "a \(curve) coordinate must have \(count) bytes")
        }
        let point = [0x04] + x + y
        // A point off the curve lies in a weaker group, where signatures can be forged and secrets leak.
        guard let pointer = unsafe gatehouse_ec_public_key(curve, point, point.count) else {
            throw CryptoError.fromLibrary(.invalidKey, "the point is not on \(curve)")
        }
        let key = unsafe NativeKey(owning: pointer)
        try checkPublicKey(key, curve)
        return key
    }

    private static func makeRSAKey(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) -> NativeKey {
        let bitCount = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard bitCount >= PublicKey.rsaBitCountMin else {
            throw CryptoError(
                .weakKey,
                "an RSA key must have at least \(PublicKey.rsaBitCountMin) bits, but this one has \(bitCount)"
            )
        }
        guard bitCount <= PublicKey.rsaBitCountMax else {
            throw CryptoError(.unsupportedKey, "an RSA key may have at most \(PublicKey.rsaBitCountMax) bits")
        }
        // With exponent 1 every message is its own signature; an even exponent has no inverse; a long one is slow.
        guard let last = exponent.last, last & 1 == 1, exponent != [1], exponent.count <= 8 else {
            throw CryptoError(.weakKey, "the RSA exponent is not an odd number from 3 to 2^64")
        }
        guard modulus.last.map({ $0 & 1 == 1 }) == true else {
            throw CryptoError(.invalidKey, "the RSA modulus is even")
        }
        guard let pointer = unsafe gatehouse_rsa_public_key(modulus, modulus.count, exponent, exponent.count) else {
            throw CryptoError.fromLibrary(.invalidKey, "the numbers are not an RSA key")
        }
        return unsafe NativeKey(owning: pointer)
    }

    private static func makeEd25519Key(_ x: [UInt8]) throws(CryptoError) -> NativeKey {
        guard x.count == PublicKey.ed25519ByteCount else {
            throw CryptoError(.invalidLength, "an Ed25519 public key must have \(PublicKey.ed25519ByteCount) bytes")
        }
        try Ed25519Point.check(x)
        guard let pointer = unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, x, x.count) else {
            throw CryptoError.fromLibrary(.invalidKey, "the bytes are not an Ed25519 key")
        }
        return unsafe NativeKey(owning: pointer)
    }

    private static func checkPublicKey(_ key: NativeKey, _ curve: String) throws(CryptoError) {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else {
            throw CryptoError.fromLibrary(.libraryFailure, "no context for the key")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        // The group's cofactor is 1, so being on the curve is the only condition.
        guard unsafe EVP_PKEY_public_check_quick(context) == 1 else {
            throw CryptoError.fromLibrary(.invalidKey, "the point is not on \(curve)")
        }
    }
}
