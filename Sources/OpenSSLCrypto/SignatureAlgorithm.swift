/// RFC 7518 §3.1, RFC 8037 §3.1: the JOSE signature algorithms that are made and accepted; `none` and HMAC are not
/// among them.
package enum SignatureAlgorithm: String, Sendable, CaseIterable, Hashable {
    /// ECDSA on P-256 with SHA-256; the signature is R ‖ S, 64 bytes.
    case es256 = "ES256"
    /// ECDSA on P-384 with SHA-384; the signature is R ‖ S, 96 bytes.
    case es384 = "ES384"
    /// ECDSA on P-521 with SHA-512; the signature is R ‖ S, 132 bytes.
    case es512 = "ES512"
    /// Ed25519 (RFC 8032), the only curve of EdDSA here.
    case edDSA = "EdDSA"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    case rs384 = "RS384"
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    case rs512 = "RS512"
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt as long as the digest.
    case ps256 = "PS256"
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt as long as the digest.
    case ps384 = "PS384"
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt as long as the digest.
    case ps512 = "PS512"

    /// The algorithms that this server signs with, and that clients may sign with.
    ///
    /// The others are for tokens of providers, which choose their own: ``verifiable``.
    package static let allCases: [SignatureAlgorithm] = [.es256, .edDSA, .rs256, .ps256]

    /// Every algorithm whose signatures can be verified: those of RFC 7518 with a public key, and EdDSA.
    package static let verifiable: Set<SignatureAlgorithm> = [
        .es256, .es384, .es512, .edDSA, .rs256, .rs384, .rs512, .ps256, .ps384, .ps512,
    ]

    /// The hash of the message; EdDSA hashes the message itself.
    package var hash: HashFunction {
        switch self {
        case .es256, .rs256, .ps256, .edDSA: .sha256
        case .es384, .rs384, .ps384: .sha384
        case .es512, .rs512, .ps512: .sha512
        }
    }
}

/// The kinds of key; each determines its algorithms.
enum KeyKind: Sendable {
    case p256
    case p384
    case p521
    case ed25519
    case rsa

    /// The kind of key that an algorithm needs.
    init(for algorithm: SignatureAlgorithm) {
        switch algorithm {
        case .es256: self = .p256
        case .es384: self = .p384
        case .es512: self = .p521
        case .edDSA: self = .ed25519
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: self = .rsa
        }
    }

    /// The algorithm that such a key signs with by default.
    var defaultAlgorithm: SignatureAlgorithm {
        switch self {
        case .p256: .es256
        case .p384: .es384
        case .p521: .es512
        case .ed25519: .edDSA
        case .rsa: .rs256
        }
    }
}
