import OAuthProtocol
import OpenSSLCrypto
import Synchronization

/// The provider's signing key and the JWK Set that it publishes.
final class ProviderKeys: Sendable {
    private struct State {
        var current: SigningKey
        var published: [JSONWebKey]
    }

    private let state: Mutex<State>
    private let algorithm: SignatureAlgorithm

    /// Makes the first key.
    init(algorithm: SignatureAlgorithm) throws(CryptoError) {
        let key = SigningKey(privateKey: try PrivateKey.generate(algorithm), algorithm: algorithm)
        self.algorithm = algorithm
        state = Mutex(State(current: key, published: [key.jsonWebKey]))
    }

    /// The key that signs.
    var current: SigningKey { state.withLock { $0.current } }

    /// The key set at `/jwks`.
    var published: JSONWebKeySet { JSONWebKeySet(keys: state.withLock { $0.published }) }

    /// Signs with a new key from now on.
    func rotate(keepingOld: Bool) throws(CryptoError) {
        let key = try SigningKey(privateKey: PrivateKey.generate(algorithm), algorithm: algorithm)
        state.withLock { state in
            state.current = key
            state.published = keepingOld ? state.published + [key.jsonWebKey] : [key.jsonWebKey]
        }
    }

    /// Signs a payload, correctly or in a forger's way.
    func sign(_ claims: JSONObject, type: String, forgery: Fault.Forgery?) throws(CryptoError) -> String {
        let key = current
        switch forgery {
        case nil: return try key.sign(type: type, payload: claims.serialized())
        case .algorithmNone:
            return ProviderKeys.input(["alg": "none", "typ": .string(type)], claims) + "."
        case .algorithmHS256:
            // The classic confusion: a verifier that selects the key by `kid` and takes the algorithm from the token.
            let input = ProviderKeys.input(["alg": "HS256", "typ": .string(type), "kid": .string(key.keyID)], claims)
            let secret = HMACSHA256Key(Array(key.privateKey.publicKey.pem.utf8))
            return input + "." + Base64URL.encode(secret.authenticationCode(for: Array(input.utf8)).bytes)
        case .unknownKeyID:
            let stranger = SigningKey(privateKey: try PrivateKey.generate(algorithm), algorithm: algorithm)
            return try stranger.sign(type: type, payload: claims.serialized())
        case .foreignKey:
            let privateKey = try PrivateKey.generate(algorithm)
            let stranger = SigningKey(privateKey: privateKey, algorithm: algorithm, keyID: key.keyID)
            return try stranger.sign(type: type, payload: claims.serialized())
        case .changedPayload:
            let genuine = try key.sign(type: type, payload: claims.serialized()).split(separator: ".")
            var changed = claims
            changed["forged"] = true
            return "\(genuine[0]).\(Base64URL.encode(changed.serialized())).\(genuine[2])"
        }
    }

    private static func input(_ header: JSONObject, _ claims: JSONObject) -> String {
        Base64URL.encode(header.serialized()) + "." + Base64URL.encode(claims.serialized())
    }
}
