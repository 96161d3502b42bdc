package import OpenSSLCrypto
import Synchronization

/// Makes the keys of a test server; every server has the same first RSA key, because making one takes longer than most
/// tests.
package final class ReadyKeys: Sendable {
    private static let rsa = Result { try PrivateKey.generate(.rs256) }
    private let isTaken = Mutex(false)

    /// Keys for one server.
    package init() {}

    /// A key of the algorithm.
    package func key(_ algorithm: SignatureAlgorithm) throws(CryptoError) -> PrivateKey {
        let isFirst = isTaken.withLock { isTaken in
            guard algorithm == .rs256, !isTaken else { return false }
            isTaken = true
            return true
        }
        guard isFirst, case .success(let key) = Self.rsa else { return try PrivateKey.generate(algorithm) }
        return key
    }
}
