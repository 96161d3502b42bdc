internal import COpenSSL
import Foundations

/// A private key that signs: P-256, Ed25519 or RSA of 2048 to 8192 bits; any number of threads may sign with it at
/// once.
package struct PrivateKey: Sendable, Redacted {
    /// The size of the RSA keys that this server makes.
    package static let generatedRSABitCount = 2048

    /// The public half.
    package let publicKey: PublicKey

    private let native: NativeKey
    private let signing: SignatureContext

    /// Takes ownership of OpenSSL's key if it is of a supported kind, strong enough and complete.
    private init(_ native: NativeKey) throws(CryptoError) {
        let components = try native.components(of: try native.kind)
        publicKey = try PublicKey(components)
        signing = try SignatureContext(key: native, components: components, purpose: .sign)
        self.native = native
        try checkThatHalvesMatch()
    }

    /// A new key for `algorithm`; `rs256` and `ps256` make the same kind of key.
    ///
    /// RSA takes 50 ms to 1 s of computing: callers make RSA keys on a thread of their own, never on an event loop.
    package static func generate(_ algorithm: SignatureAlgorithm) throws(CryptoError) -> PrivateKey {
        let pointer =
            switch KeyKind(for: algorithm) {
            case .p256: unsafe gatehouse_generate_ec("P-256")
            case .p384: unsafe gatehouse_generate_ec("P-384")
            case .p521: unsafe gatehouse_generate_ec("P-521")
            case .ed25519: unsafe gatehouse_generate_ed25519()
            case .rsa: unsafe gatehouse_generate_rsa(UInt32(generatedRSABitCount))
            }
        guard let pointer = unsafe pointer else {
            throw CryptoError.fromLibrary(.libraryFailure, "OpenSSL could not make a key for \(algorithm.rawValue)")
        }
        return try PrivateKey(unsafe NativeKey(owning: pointer))
    }

    /// The algorithm that the key signs with by default: `rs256` for RSA, which also supports `ps256`.
    package var algorithm: SignatureAlgorithm { publicKey.components.kind.defaultAlgorithm }

    /// The signature of `message` in JOSE form (RFC 7518 §3.4: R ‖ S for ES256); throws `algorithmMismatch`.
    package func signature(
        for message: [UInt8],
        using algorithm: SignatureAlgorithm
    ) throws(CryptoError) -> [UInt8] {
        try signing.signature(of: message, using: algorithm)
    }

    /// A file can combine a private key with the public half of another; its signatures could not be verified.
    private func checkThatHalvesMatch() throws(CryptoError) {
        let probe = Array("gatehouse key check".utf8)
        let signature = try signature(for: probe, using: algorithm)
        guard publicKey.isValidSignature(signature, for: probe, using: algorithm) else {
            throw CryptoError(.invalidKey, "the private and the public half of the key do not belong together")
        }
    }
}

extension PrivateKey {
    /// The key of a PEM text: `PRIVATE KEY` (PKCS#8, RFC 5958), `EC PRIVATE KEY` (SEC1, RFC 5915) or
    /// `RSA PRIVATE KEY` (PKCS#1, RFC 8017).
    ///
    /// Throws `unreadableKey`, `encryptedKey`, `unsupportedKey` (such as P-384), `weakKey` or `invalidKey`.
    package init(pem: String) throws(CryptoError) {
        let key = try unsafe PEMText.read(pem) { bio in unsafe gatehouse_read_private_key(bio) }
        _ = try key.ownKind
        try self.init(key)
    }

    /// The key as PEM text `PRIVATE KEY` (PKCS#8), unencrypted.
    package var pem: String {
        get throws(CryptoError) {
            let text = unsafe PEMText.write { bio in
                unsafe PEM_write_bio_PKCS8PrivateKey(bio, native.pointer, nil, nil, 0, nil, nil)
            }
            guard let text else { throw CryptoError.fromLibrary(.libraryFailure, "OpenSSL could not encode the key") }
            return text
        }
    }
}
