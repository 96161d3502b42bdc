import BenchmarkSupport
import COpenSSL
import OpenSSLCrypto

/// OpenSSL's own signature, without any of our code: the limit of everything that signs.
// SAFETY: a context belongs to the thread that uses the value; the benchmark gives each thread its own.
@safe
final class BareSignature: @unchecked Sendable {
    private let algorithm: SignatureAlgorithm
    private let key: OpaquePointer
    private let context: OpaquePointer
    private let verification: OpaquePointer
    /// The message that Ed25519 signs, and the digest that the others sign.
    private let message = [UInt8](repeating: 7, count: 400)
    private let digest = [UInt8](repeating: 7, count: 32)
    private var signature = [UInt8](repeating: 0, count: 512)
    private var count = 0

    init(_ algorithm: SignatureAlgorithm) throws {
        self.algorithm = algorithm
        let made =
            switch algorithm {
            case .es256: unsafe gatehouse_generate_ec("P-256")
            case .edDSA: unsafe gatehouse_generate_ed25519()
            case .rs256, .ps256: unsafe gatehouse_generate_rsa(2048)
            default: throw BenchmarkError("\(algorithm.rawValue) is not measured")
            }
        guard let key = unsafe made else { throw BenchmarkError("OpenSSL cannot make a key") }
        unsafe self.key = key
        let isEdDSA = algorithm == .edDSA
        guard
            let context = unsafe isEdDSA ? EVP_MD_CTX_new() : EVP_PKEY_CTX_new_from_pkey(nil, key, nil),
            let verification = unsafe isEdDSA ? EVP_MD_CTX_new() : EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
        else { throw BenchmarkError("OpenSSL cannot make a context") }
        (unsafe self.context, unsafe self.verification) = unsafe (context, verification)
        let isReady =
            switch algorithm {
            case .edDSA:
                unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1
                    && EVP_DigestVerifyInit(verification, nil, nil, nil, key) == 1
            case .es256:
                unsafe EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_verify_init(verification) == 1
            case .rs256, .ps256:
                unsafe EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_verify_init(verification) == 1
                    && EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1
                    && EVP_PKEY_CTX_set_signature_md(verification, EVP_sha256()) == 1
            default: false
            }
        guard isReady else { throw BenchmarkError("OpenSSL cannot sign with \(algorithm.rawValue)") }
        sign()
    }

    deinit {
        if algorithm == .edDSA {
            unsafe EVP_MD_CTX_free(context)
            unsafe EVP_MD_CTX_free(verification)
        } else {
            unsafe EVP_PKEY_CTX_free(context)
            unsafe EVP_PKEY_CTX_free(verification)
        }
        unsafe EVP_PKEY_free(key)
    }

    /// Signs once.
    func sign() {
        count = signature.count
        let status =
            algorithm == .edDSA
            ? unsafe EVP_DigestSign(context, &signature, &count, message, message.count)
            : unsafe EVP_PKEY_sign(context, &signature, &count, digest, digest.count)
        precondition(status == 1, "OpenSSL cannot sign")
    }

    /// Verifies the last signature.
    func verify() {
        let status =
            algorithm == .edDSA
            ? unsafe EVP_DigestVerify(verification, signature, count, message, message.count)
            : unsafe EVP_PKEY_verify(verification, signature, count, digest, digest.count)
        precondition(status == 1, "OpenSSL cannot verify")
    }
}
