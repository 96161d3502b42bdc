import OAuthProtocol
import OpenSSLCrypto

/// OpenID Connect Core 1.0 §3.1.3.7: ID Token Validation (UP-2, D-66).
struct IDTokenVerifier: Sendable {
    /// The values that a token must match.
    struct Expectation: Sendable {
        /// Our client id at the provider, which the token must be for.
        var clientID: String
        /// The nonce that was sent; `nil` when none was, as at a refresh (§12.2).
        var nonce: String?
        /// The access token issued with it.
        var accessToken: String?
        /// `max_age` of the request.
        var maximumAgeSeconds: Int?
    }

    let rule: IssuerRule
    let keys: ProviderKeys
    /// RFC 8725 §3.1: chosen by us, whatever the token or the document says; `none` and HMAC are not even parsed
    /// (D-30).
    var algorithms = SignatureAlgorithm.verifiable
    /// The accepted difference between the provider's clock and ours.
    var clockSkewSeconds = IDTokenVerifier.usualClockSkewSeconds

    /// The accepted difference between the clocks unless the operator configures another one.
    static let usualClockSkewSeconds = 60
    /// The longest token; a user's groups make it long.
    static let byteCountMax = 131_072
    /// OpenID Connect Core 1.0 §2: `sub` is at most 255 ASCII characters.
    static let subjectByteCountMax = 255

    /// The claims of a valid token.
    func verifiedClaims(
        of token: String,
        expecting expectation: Expectation,
        now: Timestamp
    ) async throws(UpstreamError) -> JSONObject {
        let jws: CompactJWS
        let claims: JSONObject
        let registered: RegisteredClaims
        do throws(JOSEError) {
            jws = try CompactJWS(parsing: token, maximumBytes: IDTokenVerifier.byteCountMax)
            claims = try JSONWebToken.unverifiedClaims(of: jws)
            registered = try RegisteredClaims(ofProvider: claims)
        } catch {
            throw UpstreamError(error)
        }
        // D-36: a logout token or an access token is not an ID token, even though the provider signed it too.
        guard [nil, "jwt", "id_token+jwt"].contains(jws.header.mediaType) else { throw UpstreamError(.wrongType) }
        try checkIssuerAndAudience(registered, claims, clientID: expectation.clientID)
        // The token comes from the provider itself, over its own connection: every key of it may be tried.
        try await keys.verify(jws, algorithms: algorithms, keyTrialsMax: JSONWebKeySet.Origin.provider.keyCountMax)
        try checkDates(registered, now: now)
        guard let subject = registered.subject, 1...IDTokenVerifier.subjectByteCountMax ~= subject.utf8.count else {
            throw UpstreamError(.invalidIDToken, "the claim sub is missing or too long")
        }
        try checkNonce(claims, expectation.nonce)
        try checkAccessTokenHash(claims, expectation.accessToken, jws.header.algorithm)
        try checkAge(claims, expectation.maximumAgeSeconds, now: now)
        return claims
    }

    /// Checks rules 2 to 5 of §3.1.3.7: issued by the provider to our client.
    ///
    /// Checked before the signature, so that a foreign token costs nothing.
    func checkIssuerAndAudience(
        _ registered: RegisteredClaims,
        _ claims: JSONObject,
        clientID: String
    ) throws(UpstreamError) {
        try checkIssuer(registered, claims)
        guard registered.audience.contains(where: { $0.hasSameBytes(as: clientID) }) else {
            throw UpstreamError(.invalidIDToken, "the claim aud does not name our client")
        }
        // A token with several audiences, or with azp, must have been issued for our use.
        // A null claims nothing.
        let authorized = claims["azp"].flatMap { $0 == .null ? nil : $0 }
        if authorized != nil || registered.audience.count > 1 {
            guard let party = authorized?.stringValue, party.hasSameBytes(as: clientID) else {
                throw UpstreamError(.invalidIDToken, "the claim azp does not name our client")
            }
        }
    }

    /// Checks rule 2 of §3.1.3.7: issued by the provider.
    func checkIssuer(_ registered: RegisteredClaims, _ claims: JSONObject) throws(UpstreamError) {
        guard let issuer = registered.issuer, rule.accepts(tokenIssuer: issuer, claims: claims) else {
            throw UpstreamError(.invalidIDToken, "the claim iss names another issuer")
        }
    }

    /// Checks rules 9 and 10 of §3.1.3.7.
    func checkDates(_ registered: RegisteredClaims, now: Timestamp) throws(UpstreamError) {
        guard registered.issuedAt != nil else { throw UpstreamError(.missingClaim("iat")) }
        do {
            try registered.checkDates(now: now, clockSkewSeconds: clockSkewSeconds)
        } catch {
            throw UpstreamError(error)
        }
    }

    /// Rule 11 of §3.1.3.7: binds the token to the browser's login; otherwise a stolen token could be injected into
    /// another login.
    private func checkNonce(_ claims: JSONObject, _ expected: String?) throws(UpstreamError) {
        guard let expected else { return }
        guard let nonce = claims["nonce"]?.stringValue, constantTimeEqual(Array(nonce.utf8), Array(expected.utf8))
        else {
            throw UpstreamError(.invalidIDToken, "the claim nonce differs from the nonce that was sent")
        }
    }

    /// §3.1.3.8: binds the access token to the ID token, so that neither can be swapped on the way.
    private func checkAccessTokenHash(
        _ claims: JSONObject,
        _ accessToken: String?,
        _ algorithm: SignatureAlgorithm
    ) throws(UpstreamError) {
        guard let accessToken, let value = claims["at_hash"], value != .null else { return }
        // §3.1.3.6 uses the hash of the signature's algorithm, and providers disagree which that is for Ed25519.
        guard algorithm != .edDSA else { return }
        let digest = algorithm.hash.hash(Array(accessToken.utf8))
        let expected = Base64URL.encode(Array(digest.prefix(digest.count / 2)))
        guard let hash = value.stringValue, constantTimeEqual(Array(hash.utf8), Array(expected.utf8)) else {
            throw UpstreamError(.invalidIDToken, "the claim at_hash does not match the access token")
        }
    }

    /// Rule 13 of §3.1.3.7: a client that requires a recent login must get one.
    private func checkAge(_ claims: JSONObject, _ maximumAgeSeconds: Int?, now: Timestamp) throws(UpstreamError) {
        guard let maximumAgeSeconds else { return }
        guard let authenticatedAt = claims.date("auth_time") else {
            throw UpstreamError(.loginTooOld, "the claim auth_time is missing")
        }
        guard now - authenticatedAt <= .seconds(maximumAgeSeconds) + .seconds(clockSkewSeconds) else {
            throw UpstreamError(.loginTooOld, "the claim auth_time is older than max_age allows")
        }
    }
}

extension JSONObject {
    /// RFC 7519 §2: the moment that a claim states, up to the year 9999, rounded down to whole seconds.
    func date(_ name: String) -> Timestamp? {
        // A date of another form states nothing; where one is required, that is refused there.
        self[name].flatMap { try? RegisteredClaims(ofProvider: ["exp": $0]).expiresAt }
    }
}
