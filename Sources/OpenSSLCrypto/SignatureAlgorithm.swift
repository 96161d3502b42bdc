/// RFC 7518 §3.1, RFC 8037 §3.1: the JOSE signature algorithms that are made and accepted; `none` and HMAC are not
/// among them.
package enum SignatureAlgorithm: String, Sendable, CaseIterable, Hashable {
    /// ECDSA on P-256 with SHA-256; the signature is R ‖ S, 64 bytes.
    case es256 = "ES256"
    /// Ed25519 (RFC 8032), the only curve of EdDSA here.
    case edDSA = "EdDSA"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt as long as the digest.
    case ps256 = "PS256"
}

/// The kinds of key; each determines its algorithms.
enum KeyKind: Sendable {
    case p256
    case ed25519
    case rsa

    /// The kind of key that an algorithm needs.
    init(for algorithm: SignatureAlgorithm) {
        switch algorithm {
        case .es256: self = .p256
        case .edDSA: self = .ed25519
        case .rs256, .ps256: self = .rsa
        }
    }

    /// The algorithm that such a key signs with by default.
    var defaultAlgorithm: SignatureAlgorithm {
        switch self {
        case .p256: .es256
        case .ed25519: .edDSA
        case .rsa: .rs256
        }
    }
}
