import Foundations
package import OpenSSLCrypto

/// Our own key with its name, which signs tokens.
package struct SigningKey: Sendable, Redacted {
    /// The `kid` of its tokens.
    package let keyID: String
    /// How it signs.
    package let algorithm: SignatureAlgorithm
    /// The key itself.
    package let privateKey: PrivateKey

    /// RFC 9068 §2.1: the `typ` of access tokens.
    package static let accessTokenType = "at+jwt"
    /// RFC 7519 §5.1: the `typ` of other tokens.
    static let tokenType = "JWT"

    /// First segments by `typ`, built once: they are the same in every token.
    private let accessTokenHeader: [UInt8]
    private let tokenHeader: [UInt8]

    /// Names a key; the default name is its thumbprint (RFC 7638).
    package init(privateKey: PrivateKey, algorithm: SignatureAlgorithm, keyID: String? = nil) {
        let keyID = keyID ?? JSONWebKey.thumbprint(of: privateKey.publicKey)
        self.keyID = keyID
        self.algorithm = algorithm
        self.privateKey = privateKey
        func header(_ type: String) -> [UInt8] {
            JOSEHeader(algorithm: algorithm, keyID: keyID, type: type).encoded()
        }
        accessTokenHeader = header(SigningKey.accessTokenType)
        tokenHeader = header(SigningKey.tokenType)
    }

    /// The public form of the key.
    package var jsonWebKey: JSONWebKey {
        JSONWebKey(publicKey: privateKey.publicKey, keyID: keyID, algorithm: algorithm)
    }

    /// Signs a payload as a compact JWS of the given `typ`.
    ///
    /// - Throws: ``CryptoError`` if the algorithm does not fit the key.
    package func sign(type: String, payload: [UInt8]) throws(CryptoError) -> String {
        var token = header(type: type)
        token.reserveCapacity(token.count + (payload.count * 8 + 5) / 6 + SigningKey.signatureSegmentByteCount)
        token.append(UInt8(ascii: "."))
        Base64URL.append(payload, to: &token)
        let signature = try privateKey.signature(for: token, using: algorithm)
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &token)
        return String(ascii: token.span)
    }

    /// Space for dots and the encoded signature of the short algorithms.
    private static let signatureSegmentByteCount = 96

    private func header(type: String) -> [UInt8] {
        switch type {
        case SigningKey.accessTokenType: accessTokenHeader
        case SigningKey.tokenType: tokenHeader
        default: JOSEHeader(algorithm: algorithm, keyID: keyID, type: type).encoded()
        }
    }
}
