import Foundations
package import OAuthProtocol
package import OpenSSLCrypto

/// A client's key pair, and the valid and invalid assertions made with it (RFC 7523).
package struct TestClientKey: Sendable, Redacted {
    /// The client that the assertions are from.
    package var clientID: String
    /// The `kid` of assertions and key set; `nil` for none.
    package var keyID: String?
    /// The signature algorithm.
    package let algorithm: SignatureAlgorithm
    /// The key.
    package let privateKey: PrivateKey

    /// A fresh key.
    package init(
        _ clientID: String,
        algorithm: SignatureAlgorithm = .es256,
        keyID: String? = "key-1"
    ) throws(CryptoError) {
        self.clientID = clientID
        self.keyID = keyID
        self.algorithm = algorithm
        privateKey = try PrivateKey.generate(algorithm)
    }

    /// The JWK Set that the client registers.
    package var keySet: JSONObject {
        let key = JSONWebKey(publicKey: privateKey.publicKey, keyID: keyID, algorithm: algorithm)
        return ["keys": [.object(key.json)]]
    }

    /// The claims of a valid assertion.
    package func claims(for issuer: String, now: Timestamp, tokenID: String) -> JSONObject {
        [
            "iss": .string(clientID), "sub": .string(clientID), "aud": .string(issuer), "jti": .string(tokenID),
            "iat": .number(JSONNumber(Int(now.secondsSinceEpoch))),
            "exp": .number(JSONNumber(Int(now.secondsSinceEpoch) + 300)),
        ]
    }

    /// Signs claims; a header parameter of `nil` is left out.
    package func sign(_ claims: JSONObject, header changes: [String: JSONValue?] = [:]) throws(CryptoError) -> String {
        var header: JSONObject = ["alg": .string(algorithm.rawValue), "typ": "JWT"]
        header["kid"] = keyID.map(JSONValue.string)
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) { header[name] = value }
        let input = Base64URL.encode(header.serialized()) + "." + Base64URL.encode(claims.serialized())
        let signature = try privateKey.signature(for: Array(input.utf8), using: algorithm)
        return input + "." + Base64URL.encode(signature)
    }

    /// The form parameters that authenticate with an assertion.
    package static func form(_ assertion: String) -> [(String, String)] {
        [
            ("client_assertion_type", ClientAuthenticationRequest.assertionType),
            ("client_assertion", assertion),
        ]
    }

    /// The form parameters that authenticate at a server, once.
    package func form(at server: TestServer, tokenID: String) throws(CryptoError) -> [(String, String)] {
        Self.form(try sign(claims(for: server.issuer, now: server.clock.now(), tokenID: tokenID)))
    }
}
