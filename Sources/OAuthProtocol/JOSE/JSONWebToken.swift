package import OpenSSLCrypto

/// RFC 7519: JSON Web Tokens of other parties, such as ID tokens and client assertions.
package enum JSONWebToken {
    /// Verifies the signature and the type of a token and returns its claims, which the caller checks.
    ///
    /// - Parameters:
    ///   - token: The compact token.
    ///   - keys: The keys of the expected signer.
    ///   - algorithms: The algorithms that are acceptable, chosen by the caller (RFC 8725 §3.1).
    ///   - types: The acceptable values of `typ` in their short lower-case form; `nil` means that it is absent (D-36).
    /// - Returns: The claims.
    /// - Throws: ``JOSEError`` for the first rule that the token broke.
    package static func verified(
        _ token: String,
        keys: JSONWebKeySet,
        algorithms: Set<SignatureAlgorithm>,
        types: Set<String?>
    ) throws(JOSEError) -> JSONObject {
        let jws = try CompactJWS(parsing: token)
        guard isAcceptable(jws.header.mediaType, among: types) else { throw .wrongType }
        let claims = try unverifiedClaims(of: jws)
        try jws.verify(with: keys, algorithms: algorithms)
        return claims
    }

    /// The claims of a token whose signature was not verified, only for finding the keys to verify it with.
    ///
    /// - Throws: ``JOSEError/malformed`` unless the payload is a strict JSON object (D-34).
    package static func unverifiedClaims(of jws: CompactJWS) throws(JOSEError) -> JSONObject {
        do {
            return try JSONParser.parseObject(jws.payload)
        } catch {
            throw .malformed
        }
    }

    private static func isAcceptable(_ type: String?, among types: Set<String?>) -> Bool {
        types.contains { $0?.lowercased() == type }
    }
}
