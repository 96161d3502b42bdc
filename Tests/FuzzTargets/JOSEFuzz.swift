import OAuthProtocol
import OpenSSLCrypto

enum JOSEFuzz {
    // Made for each run: no input can hold its signatures.
    private static let key = try? PrivateKey.generate(.es256)

    /// RFC 7515: a token without a valid signature is never accepted.
    static func token(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let jws = try? CompactJWS(parsing: text) else { return nil }
        _ = try? JSONWebToken.unverifiedClaims(of: jws)
        guard let key = key?.publicKey else { return "no key" }
        for keyID in [nil, jws.header.keyID] {
            let keys = JSONWebKeySet(keys: [JSONWebKey(publicKey: key, keyID: keyID, algorithm: nil)])
            if (try? jws.verify(with: keys, algorithms: Set(SignatureAlgorithm.allCases))) != nil {
                return "a signature of no key is accepted"
            }
        }
        return nil
    }

    /// RFC 7517: what was read and is published again reads as the same.
    static func keySet(_ bytes: [UInt8]) -> String? {
        guard let keys = try? JSONWebKeySet(parsing: bytes) else { return nil }
        guard let again = try? JSONWebKeySet(parsing: keys.serialized()) else { return "written keys cannot be read" }
        return again.keys.map(\.publicKey) == keys.keys.map(\.publicKey)
            && again.keys.map(\.keyID) == keys.keys.map(\.keyID)
            ? nil : "written keys read as others"
    }
}
