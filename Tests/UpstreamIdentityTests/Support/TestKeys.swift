import OAuthProtocol
import OpenSSLCrypto
import Synchronization

/// Keys made once for the whole run: RSA takes its time.
enum TestKeys {
    private static let keys = Mutex<[String: SigningKey]>([:])

    static func key(_ algorithm: SignatureAlgorithm, _ keyID: String) throws -> SigningKey {
        try keys.withLock { keys in
            let name = "\(algorithm.rawValue) \(keyID)"
            if let key = keys[name] { return key }
            let key = SigningKey(privateKey: try PrivateKey.generate(algorithm), algorithm: algorithm, keyID: keyID)
            keys[name] = key
            return key
        }
    }
}
