import OAuthProtocol

/// OpenID Connect Back-Channel Logout 1.0: the receiver's half (LO-1).
extension UpstreamProvider {
    /// §2.6: Logout Token Validation, except for the replay of `jti`, which the caller checks.
    ///
    /// - Parameter token: The `logout_token` of the request.
    /// - Returns: The account or session that ends.
    /// - Throws: ``UpstreamError`` `invalidIDToken`, to be answered with 400.
    package func verifyLogoutToken(_ token: String) async throws(UpstreamError) -> LogoutToken {
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
        // §2.4 recommends `logout+jwt`; older providers send JWT or nothing. `events` and the absence of `nonce`
        // distinguish the token from an ID token.
        guard [nil, "jwt", "logout+jwt"].contains(jws.header.mediaType) else { throw UpstreamError(.wrongType) }
        guard let clientID else { throw UpstreamError(.invalidIDToken, "no client is registered at the provider") }
        if openID.rule.isUnresolved { _ = try await endpoints() }
        try openID.verifier.checkIssuerAndAudience(registered, claims, clientID: clientID)
        try checkEvent(claims)
        try await openID.keys.verify(jws, algorithms: openID.verifier.algorithms)
        try openID.verifier.checkDates(registered, now: timeSource.now())
        guard let tokenID = registered.tokenID, 1...LogoutToken.identifierByteCountMax ~= tokenID.utf8.count else {
            throw UpstreamError(.invalidIDToken, "the claim jti is missing or too long")
        }
        guard let expiry = registered.expiresAt else { throw UpstreamError(.missingClaim("exp")) }
        let sessionID = try sessionID(claims)
        let subject = try subject(claims, isRequired: sessionID == nil)
        return LogoutToken(subject: subject, sessionID: sessionID, tokenID: tokenID, expiry: expiry)
    }

    /// §2.4: the event makes it a logout token; a nonce would make it an ID token, which may be stolen (D-36).
    private func checkEvent(_ claims: JSONObject) throws(UpstreamError) {
        guard claims["events"]?.objectValue?[LogoutToken.event]?.objectValue != nil else {
            throw UpstreamError(.invalidIDToken, "the claim events does not name a logout")
        }
        guard claims["nonce"] == nil else {
            throw UpstreamError(.invalidIDToken, "a logout token must not have a nonce")
        }
    }

    private func sessionID(_ claims: JSONObject) throws(UpstreamError) -> String? {
        guard let value = claims["sid"] else { return nil }
        guard let text = value.stringValue, 1...LogoutToken.identifierByteCountMax ~= text.utf8.count else {
            throw UpstreamError(.invalidIDToken, "the claim sid is invalid")
        }
        return text
    }

    /// §2.4: a token names a subject, a session or both.
    private func subject(_ claims: JSONObject, isRequired: Bool) throws(UpstreamError) -> String? {
        do {
            return try identityPaths.accountSubject(in: claims)
        } catch {
            guard !isRequired, claims["sub"] == nil || identityPaths.subject != ["sub"] else {
                throw UpstreamError(.invalidIDToken, "the token names neither an account nor a session")
            }
            return nil
        }
    }
}

extension LogoutToken {
    /// §2.4: the event's name.
    static let event = "http://schemas.openid.net/event/backchannel-logout"
    /// The longest `jti` and `sid`, both of which are stored.
    static let identifierByteCountMax = 255
}
