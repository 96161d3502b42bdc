package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// OpenID Connect Core 1.0 §2 and §3.1.3.6: makes the ID token of a session whose user granted `openid` (OP-1).
package struct IDTokenIssuer: Sendable {
    private let issuer: Issuer
    private let keys: IDTokenKeys
    private let lifetime: Duration

    /// An issuer of tokens that live `lifetime`.
    package init(issuer: Issuer, keys: IDTokenKeys, lifetime: Duration) {
        self.issuer = issuer
        self.keys = keys
        self.lifetime = lifetime
    }

    /// The ID token that belongs to an access token; `nil` when `openid` is not among the scopes.
    ///
    /// It states who logged in, when, and for which client; userinfo has name and address (OP-3).
    ///
    /// - Parameters:
    ///   - session: The session.
    ///   - scopes: The scopes of the access token.
    ///   - accessToken: The access token, whose hash binds the two (`at_hash`).
    ///   - nonce: The nonce of the authorization request; none on refresh (OpenID Connect Core 1.0 §12.2).
    ///   - now: The moment of issue.
    /// - Returns: The token.
    /// - Throws: `server_error` when there is no key or signing fails.
    package func issue(
        for session: Session,
        scopes: ScopeSet,
        accessToken: String,
        nonce: String?,
        now: Timestamp
    ) async throws(OAuthError) -> String? {
        guard scopes.contains(ScopeSet.openID) else { return nil }
        let key = try await keys.current()
        let expiry = min(now + lifetime, session.absoluteExpiry)
        var claims: JSONObject = [
            "iss": .string(issuer.text),
            "sub": .string(session.userID.text),
            "aud": .string(session.clientID),
            "exp": .integer(Int(expiry.secondsSinceEpoch)),
            "iat": .integer(Int(now.secondsSinceEpoch)),
            "at_hash": .string(Self.accessTokenHash(accessToken)),
        ]
        if let moment = session.authenticatedAt {
            claims["auth_time"] = .integer(Int(moment.secondsSinceEpoch))
        }
        try Self.addAuthentication(of: session, to: &claims)
        if let nonce {
            claims["nonce"] = .string(nonce)
        }
        do {
            // D-36: its type keeps it from being accepted as an access token.
            return try key.sign(type: "JWT", payload: claims.serialized())
        } catch {
            throw OAuthError(.serverError, "the ID token could not be signed")
        }
    }

    // §2: level and methods of the authentication, which the session keeps among its tokens' claims (JW-1).
    private static func addAuthentication(of session: Session, to claims: inout JSONObject) throws(OAuthError) {
        guard !session.claims.isEmpty else { return }
        let kept: JSONObject
        do { kept = try JSONParser.parseObject(session.claims) } catch {
            throw OAuthError(.serverError, "the session's claims cannot be read")
        }
        claims["acr"] = kept["acr"]?.stringValue.map(JSONValue.string)
        claims["amr"] = kept["amr"]?.stringArrayValue.map { .array($0.map(JSONValue.string)) }
    }

    // §3.1.3.6: the left half of the hash of the signature's algorithm, which is SHA-256.
    private static func accessTokenHash(_ accessToken: String) -> String {
        Base64URL.encode(Array(SHA256.hash(accessToken).bytes.prefix(SHA256.byteCount / 2)))
    }
}
