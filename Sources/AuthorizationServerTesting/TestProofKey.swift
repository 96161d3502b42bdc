import Foundations
package import OAuthProtocol
package import OpenSSLCrypto
import Synchronization

/// A client's key, and the valid and invalid DPoP proofs made with it (RFC 9449 §4.2).
package final class TestProofKey: Sendable, Redacted {
    /// The signature algorithm.
    package let algorithm: SignatureAlgorithm
    /// The key.
    package let privateKey: PrivateKey
    private let number = Mutex(0)

    /// A fresh key.
    package init(_ algorithm: SignatureAlgorithm = .es256) throws(CryptoError) {
        self.algorithm = algorithm
        privateKey = try PrivateKey.generate(algorithm)
    }

    /// The thumbprint, as tokens and `dpop_jkt` write it.
    package var thumbprint: String { KeyThumbprint(of: privateKey.publicKey).text }

    /// The public key, as proofs contain it.
    package var json: JSONObject {
        var json = JSONWebKey(publicKey: privateKey.publicKey, keyID: nil, algorithm: nil).json
        json["use"] = nil
        return json
    }

    /// A proof; a claim or header parameter of `nil` is left out.
    package func proof(
        _ method: String = "POST",
        _ url: String,
        now: Timestamp,
        accessToken: String? = nil,
        claims changes: [String: JSONValue?] = [:],
        header headerChanges: [String: JSONValue?] = [:]
    ) throws(CryptoError) -> String {
        let serial = number.withLock { number in
            number += 1
            return number
        }
        var claims: JSONObject = [
            "jti": .string("proof-\(serial)"), "htm": .string(method), "htu": .string(url),
            "iat": .integer(Int(now.secondsSinceEpoch)),
        ]
        if let accessToken { claims["ath"] = .string(Base64URL.encode(SHA256.hash(accessToken).bytes)) }
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) { claims[name] = value }
        var header: JSONObject = ["typ": "dpop+jwt", "alg": .string(algorithm.rawValue), "jwk": .object(json)]
        for (name, value) in headerChanges.sorted(by: { $0.key < $1.key }) { header[name] = value }
        let input = Base64URL.encode(header.serialized()) + "." + Base64URL.encode(claims.serialized())
        let signature = try privateKey.signature(for: Array(input.utf8), using: algorithm)
        return input + "." + Base64URL.encode(signature)
    }
}
