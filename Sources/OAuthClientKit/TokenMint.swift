package import OAuthProtocol
package import OpenSSLCrypto

/// RFC 9068 §4: makes access tokens with a server's own key, right ones and ones with exactly one defect, for tests of
/// the servers that verify them.
public struct TokenMint: Sendable {
    /// What is wrong with a token; every verifier should refuse each of them.
    public enum Defect: String, Sendable, Hashable, CaseIterable {
        /// `exp` is an hour ago.
        case expired
        /// `iat` and `nbf` are an hour ahead.
        case notYetValid = "not-yet-valid"
        /// `aud` names another resource.
        case wrongAudience = "wrong-audience"
        /// `iss` names another issuer.
        case wrongIssuer = "wrong-issuer"
        /// `typ` is that of an ID token.
        case wrongType = "wrong-type"
        /// There is no `typ`.
        case missingType = "missing-type"
        /// There is no `exp`.
        case missingExpiry = "missing-expiry"
        /// `alg` is `none`, and there is no signature.
        case unsigned
        /// `alg` is `HS256`, with the public key as the shared secret.
        case publicKeyAsSecret = "public-key-as-secret"
        /// Signed by a key that is not published.
        case unknownKey = "unknown-key"
        /// Signed by a key that is not published, under the name of the published one.
        case foreignKey = "foreign-key"
        /// The payload was changed after it was signed.
        case changedPayload = "changed-payload"
        /// There is no `kid`.
        case missingKeyID = "missing-key-id"
        /// `crit` demands an extension that no verifier knows (RFC 7515 §4.1.11).
        case unknownCriticalHeader = "unknown-critical-header"

        /// The claims that it sets or removes.
        package var claims: Set<String> {
            switch self {
            case .expired: ["iat", "exp"]
            case .notYetValid: ["iat", "nbf", "exp"]
            case .wrongAudience: ["aud"]
            case .wrongIssuer: ["iss"]
            case .missingExpiry: ["exp"]
            case .changedPayload: ["scope"]
            default: []
            }
        }
    }

    private let key: SigningKey

    /// A mint that signs with `key`, which the server publishes.
    package init(key: SigningKey) {
        self.key = key
    }

    /// A compact JWS of these claims.
    ///
    /// - Throws: ``CryptoError`` when it cannot be signed.
    package func token(_ claims: JSONObject, defect: Defect? = nil, now: Timestamp) throws(CryptoError) -> String {
        var claims = claims
        let seconds = Int(now.secondsSinceEpoch)
        switch defect {
        case .expired:
            claims["iat"] = .integer(seconds - 7200)
            claims["exp"] = .integer(seconds - 3600)
        case .notYetValid:
            claims["iat"] = .integer(seconds + 3600)
            claims["nbf"] = .integer(seconds + 3600)
            claims["exp"] = .integer(seconds + 7200)
        case .wrongAudience: claims["aud"] = "https://another-resource.example/mcp"
        case .wrongIssuer: claims["iss"] = "https://another-issuer.example"
        case .missingExpiry: claims["exp"] = nil
        default: break
        }
        return try signed(claims, defect)
    }

    private func signed(_ claims: JSONObject, _ defect: Defect?) throws(CryptoError) -> String {
        let type = SigningKey.accessTokenType
        var header: JSONObject = [
            "alg": .string(key.algorithm.rawValue), "typ": .string(type), "kid": .string(key.keyID),
        ]
        switch defect {
        case .wrongType: header["typ"] = "JWT"
        case .missingType: header["typ"] = nil
        case .missingKeyID: header["kid"] = nil
        case .unknownCriticalHeader:
            header["crit"] = ["urn:example:unknown"]
            header["urn:example:unknown"] = true
        case .unsigned:
            return Self.input(["alg": "none", "typ": .string(type)], claims) + "."
        case .publicKeyAsSecret:
            header["alg"] = "HS256"
            let secret = HMACSHA256Key(Array(key.privateKey.publicKey.pem.utf8))
            let input = Self.input(header, claims)
            return input + "." + Base64URL.encode(secret.authenticationCode(for: Array(input.utf8)).bytes)
        case .unknownKey:
            let stranger = try SigningKey(privateKey: .generate(key.algorithm), algorithm: key.algorithm)
            return try stranger.sign(type: type, payload: claims.serialized())
        case .foreignKey:
            let stranger = try SigningKey(
                privateKey: .generate(key.algorithm),
                algorithm: key.algorithm,
                keyID: key.keyID
            )
            return try stranger.sign(type: type, payload: claims.serialized())
        case .changedPayload:
            let parts = try key.sign(type: type, payload: claims.serialized()).split(separator: ".")
            var changed = claims
            changed["scope"] = "everything"
            return "\(parts[0]).\(Base64URL.encode(changed.serialized())).\(parts[2])"
        default: return try key.sign(type: type, payload: claims.serialized())
        }
        let input = Self.input(header, claims)
        let signature = try key.privateKey.signature(for: Array(input.utf8), using: key.algorithm)
        return input + "." + Base64URL.encode(signature)
    }

    private static func input(_ header: JSONObject, _ claims: JSONObject) -> String {
        Base64URL.encode(header.serialized()) + "." + Base64URL.encode(claims.serialized())
    }
}
