import OAuthProtocol
import OpenSSLCrypto

/// OpenID Connect Core 1.0 §2: the claims of an ID token, and of userinfo.
enum IDTokenClaims {
    /// The claims in an answer of the token endpoint.
    static func make(
        for redemption: Redemption,
        issuer: String,
        lifetime: Duration,
        algorithm: SignatureAlgorithm,
        isRefresh: Bool,
        now: Timestamp
    ) -> JSONObject {
        let grant = redemption.grant
        var claims: JSONObject = [
            "iss": .string(issuer),
            "sub": .string(redemption.user.subject),
            "aud": .string(grant.clientID),
            "exp": .integer(Int((now + lifetime).secondsSinceEpoch)),
            "iat": .integer(Int(now.secondsSinceEpoch)),
            "auth_time": .integer(Int(grant.authenticatedAt.secondsSinceEpoch)),
            "sid": .string(grant.sessionID),
        ]
        claims["at_hash"] = accessTokenHash(redemption.access, algorithm: algorithm).map(JSONValue.string)
        // OpenID Connect Core 1.0 §12.2: a refreshed ID token should not have a nonce.
        if !isRefresh, let nonce = grant.nonce { claims["nonce"] = .string(nonce) }
        for (name, value) in about(redemption.user, scopes: redemption.scopes).members { claims[name] = value }
        return claims
    }

    /// OpenID Connect Core 1.0 §5.4: the claims about a user that the scopes permit.
    static func about(_ user: DevelopmentUser, scopes: [String]) -> JSONObject {
        var claims = JSONObject()
        if scopes.contains("profile") {
            claims["name"] = .string(user.name)
            claims["preferred_username"] = .string(user.login)
        }
        if scopes.contains("email"), let email = user.email {
            claims["email"] = .string(email)
            claims["email_verified"] = .bool(user.isEmailVerified)
        }
        for (name, value) in user.additionalClaims.members { claims[name] = value }
        return claims
    }

    /// OpenID Connect Core 1.0 §3.1.3.6: the left half of the hash; optional, and for Ed25519 no hash is specified.
    static func accessTokenHash(_ accessToken: String, algorithm: SignatureAlgorithm) -> String? {
        guard algorithm != .edDSA else { return nil }
        let digest = algorithm.hash.hash(Array(accessToken.utf8))
        return Base64URL.encode(Array(digest.prefix(digest.count / 2)))
    }
}
