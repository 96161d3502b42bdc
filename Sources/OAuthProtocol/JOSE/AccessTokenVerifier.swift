import OpenSSLCrypto

/// RFC 9068 §4: validates our access tokens where they are presented to us: retrieval, userinfo, introspection.
package struct AccessTokenVerifier: Sendable {
    private let issuer: String

    /// The longest token: ours stay below 4 KiB (JW-4), and mapped claims may add to that.
    package static let tokenByteCountMax = 16_384

    /// Makes a verifier of one issuer's tokens.
    package init(issuer: String) {
        self.issuer = issuer
    }

    /// Verifies a token and returns its claims; the caller checks the audience.
    ///
    /// Cheap checks come before the signature, which costs a hundred times as much: a flood of expired or foreign
    /// tokens must not cost signature checks.
    ///
    /// - Throws: ``JOSEError`` for the first rule that the token broke.
    package func verify(
        _ token: String,
        keys: JSONWebKeySet,
        now: Timestamp,
        clockSkewSeconds: Int = 0
    ) throws(JOSEError) -> AccessTokenClaims {
        let segments = try CompactSegments(token, maximumBytes: AccessTokenVerifier.tokenByteCountMax)
        let (key, algorithm) = try signer(of: segments, among: keys)
        let claims = try AccessTokenClaims(parsing: segments.payload())
        try check(claims, now: now, clockSkewSeconds: clockSkewSeconds)
        let signature = try segments.signature()
        guard key.publicKey.isValidSignature(signature, for: segments.signingInput, using: algorithm) else {
            throw .invalidSignature
        }
        return claims
    }

    /// The key that the header names; our own headers are known byte for byte.
    private func signer(
        of segments: CompactSegments,
        among keys: JSONWebKeySet
    ) throws(JOSEError) -> (JSONWebKey, SignatureAlgorithm) {
        for key in keys.keys where segments.hasHeader(key.accessTokenHeader) {
            guard let algorithm = key.algorithm else { break }
            return (key, algorithm)
        }
        let header = try segments.header()
        // JW-6, D-36: an ID token, a client assertion or a grant signed with the same key is not an access token.
        guard header.mediaType == SigningKey.accessTokenType else { throw .wrongType }
        // D-31: our tokens name their key.
        guard let keyID = header.keyID,
            let key = keys.candidates(keyID: keyID, algorithm: header.algorithm).first(where: { $0.keyID != nil })
        else { throw .unknownKey }
        return (key, header.algorithm)
    }

    private func check(
        _ claims: AccessTokenClaims,
        now: Timestamp,
        clockSkewSeconds: Int
    ) throws(JOSEError) {
        guard claims.issuer.hasSameBytes(as: issuer) else { throw .wrongIssuer }
        let now = now.secondsSinceEpoch
        let skew = Int64(clockSkewSeconds)
        // RFC 7519 §4.1.4: on or after `exp` the token must not be accepted.
        guard now - skew < claims.expiresAt.secondsSinceEpoch else { throw .expired }
        // D-38: we did not issue a token from the future.
        guard claims.issuedAt.secondsSinceEpoch <= now + skew else { throw .notYetValid }
    }
}
