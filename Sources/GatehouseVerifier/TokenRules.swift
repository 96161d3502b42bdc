import OAuthProtocol

/// The rules for one token and known keys, without network or clock.
struct TokenRules {
    let issuer: String
    let audience: String
    let skewSeconds: Int
    let keys: JSONWebKeySet
    let revoked: RevokedTokens

    func verify(_ token: String, scopes: [String], now: Int64) throws(VerificationError) -> AccessToken {
        let claims: AccessTokenClaims
        do {
            claims = try AccessTokenVerifier(issuer: issuer).verify(
                token,
                keys: keys,
                now: Timestamp(secondsSinceEpoch: now),
                clockSkewSeconds: skewSeconds
            )
        } catch {
            throw .invalidToken(reason: "\(error)")
        }
        // RFC 8707 §2: a token for another server must not be accepted here.
        guard claims.audience.utf8.elementsEqual(audience.utf8) else {
            throw .invalidToken(reason: "another audience")
        }
        let issuedAt = claims.issuedAt.secondsSinceEpoch
        guard !revoked.refuses(session: claims.sessionID, tokenID: claims.tokenID, issuedAt: issuedAt) else {
            throw .invalidToken(reason: "revoked")
        }
        let granted = claims.scope.split(separator: " ").map(String.init)
        guard scopes.allSatisfy(granted.contains) else { throw .insufficientScope(required: scopes) }
        return AccessToken(
            subject: claims.subject,
            clientID: claims.clientID,
            scopes: granted,
            expiresAt: claims.expiresAt.secondsSinceEpoch,
            session: claims.sessionID
        )
    }

    /// The key that a token's header names; nothing is verified yet.
    static func keyName(_ token: String) throws(VerificationError) -> String {
        do {
            guard token.utf8.count <= AccessTokenVerifier.tokenByteCountMax,
                let segment = token.split(separator: ".", omittingEmptySubsequences: false).first,
                let bytes = Base64URL.decode(String(segment)), let name = try JOSEHeader(parsing: bytes).keyID
            else { throw JOSEError.malformed }
            return name
        } catch {
            throw .invalidToken(reason: "\(error)")
        }
    }
}
