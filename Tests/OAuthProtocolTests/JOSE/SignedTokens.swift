import OAuthProtocol
import OpenSSLCrypto

/// Tokens made by hand, so that every header and payload can be wrong.
struct SignedTokens {
    let privateKey: PrivateKey
    let signingKey: SigningKey
    let keys: JSONWebKeySet

    init(_ algorithm: SignatureAlgorithm = .es256, keyID: String? = "k1") throws {
        privateKey = try PrivateKey.generate(algorithm)
        signingKey = SigningKey(privateKey: privateKey, algorithm: algorithm, keyID: keyID)
        keys = JSONWebKeySet(keys: [signingKey.jsonWebKey])
    }

    /// A token whose signature is right, whatever its header says.
    func token(header: String, payload: String = "{}") throws -> String {
        try token(header: Array(header.utf8), payload: Array(payload.utf8))
    }

    func token(header: [UInt8], payload: [UInt8]) throws -> String {
        try signed("\(Base64URL.encode(header)).\(Base64URL.encode(payload))")
    }

    /// Adds a right signature to any signing input.
    func signed(_ input: String) throws -> String {
        let signature = try privateKey.signature(for: Array(input.utf8), using: signingKey.algorithm)
        return "\(input).\(Base64URL.encode(signature))"
    }
}

/// The error that an expression ends in; `nil` if it does not.
func refusal(_ body: () throws -> Void) -> JOSEError? {
    do {
        try body()
        return nil
    } catch {
        return error as? JOSEError
    }
}

/// Claims of an access token with everything in it.
func sampleClaims(
    issuedAt: Int64 = 1_700_000_000,
    expiresAt: Int64 = 1_700_003_600,
    additionalClaims: JSONObject = [:]
) -> AccessTokenClaims {
    AccessTokenClaims(
        issuer: "https://auth.example.com",
        subject: "u_9f86d081884c7d65",
        audience: "https://mcp.example.com/mcp",
        clientID: "c_1b4f0e9851971998",
        scope: "mcp:read openid",
        tokenID: "dGhpcyBpcyBhIHRlc3Q",
        issuedAt: Timestamp(secondsSinceEpoch: issuedAt),
        expiresAt: Timestamp(secondsSinceEpoch: expiresAt),
        authenticatedAt: Timestamp(secondsSinceEpoch: 1_699_999_990),
        sessionID: "Zm9vYmFyYmF6cXV4Zm9v",
        additionalClaims: additionalClaims
    )
}
