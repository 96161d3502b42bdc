import OAuthProtocol

/// What a token of a provider says that is a message to us, rather than about a login: verified, and used once.
struct ProviderNotice: Sendable {
    /// All claims.
    let claims: JSONObject
    /// `jti`: the caller stores it until ``expiry`` and refuses a repeat.
    let tokenID: String
    /// When the token expires.
    let expiry: Timestamp

    /// The longest `jti`, which is stored.
    static let identifierByteCountMax = 255
}

extension UpstreamProvider {
    /// RFC 7519 §7.2: verifies a message that this provider signed, except for the replay of `jti`.
    ///
    /// - Parameters:
    ///   - token: The compact token.
    ///   - types: The accepted values of `typ`, in lower case; `nil` for a token without one.
    ///   - check: Compares issuer, audience and what else the message must have, before any key is used: a foreign
    ///     token costs nothing.
    /// - Returns: The message.
    /// - Throws: ``UpstreamError`` `invalidIDToken`, or the failure of fetching the provider's keys.
    func verifiedNotice(
        _ token: String,
        types: [String?],
        check: (RegisteredClaims, JSONObject, IDTokenVerifier) throws(UpstreamError) -> Void
    ) async throws(UpstreamError) -> ProviderNotice {
        guard let openID else { throw UpstreamError(.misconfigured, "the provider does not speak OpenID Connect") }
        let jws: CompactJWS
        let claims: JSONObject
        let registered: RegisteredClaims
        do throws(JOSEError) {
            jws = try CompactJWS(parsing: token)
            claims = try JSONWebToken.unverifiedClaims(of: jws)
            registered = try RegisteredClaims(ofProvider: claims)
        } catch {
            throw UpstreamError(error)
        }
        guard types.contains(jws.header.mediaType) else { throw UpstreamError(.wrongType) }
        if openID.rule.isUnresolved { _ = try await endpoints() }
        try check(registered, claims, openID.verifier)
        try await openID.keys.verify(jws, algorithms: openID.verifier.algorithms)
        try openID.verifier.checkDates(registered, now: timeSource.now())
        guard let tokenID = registered.tokenID, 1...ProviderNotice.identifierByteCountMax ~= tokenID.utf8.count else {
            throw UpstreamError(.invalidIDToken, "the claim jti is missing or too long")
        }
        guard let expiry = registered.expiresAt else { throw UpstreamError(.missingClaim("exp")) }
        return ProviderNotice(claims: claims, tokenID: tokenID, expiry: expiry)
    }
}
