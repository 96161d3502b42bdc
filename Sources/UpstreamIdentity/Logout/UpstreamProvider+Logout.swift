import OAuthProtocol

/// OpenID Connect Back-Channel Logout 1.0: the receiver's half (LO-1).
extension UpstreamProvider {
    /// §2.6: Logout Token Validation, except for the replay of `jti`, which the caller checks.
    ///
    /// - Parameter token: The `logout_token` of the request.
    /// - Returns: The account or session that ends.
    /// - Throws: ``UpstreamError`` `invalidIDToken`, to be answered with 400.
    package func verifyLogoutToken(_ token: String) async throws(UpstreamError) -> LogoutToken {
        // §2.4 recommends `logout+jwt`; older providers send JWT or nothing. `events` and the absence of `nonce`
        // distinguish the token from an ID token.
        let notice = try await verifiedNotice(token, types: [nil, "jwt", "logout+jwt"]) {
            (registered, claims, verifier) throws(UpstreamError) in
            guard let clientID else { throw UpstreamError(.invalidIDToken, "no client is registered at the provider") }
            try verifier.checkIssuerAndAudience(registered, claims, clientID: clientID)
            try checkEvent(claims)
        }
        let claims = notice.claims
        let sessionID = try sessionID(claims)
        let subject = try subject(claims, isRequired: sessionID == nil)
        return LogoutToken(
            subject: subject,
            sessionID: sessionID,
            tokenID: notice.tokenID,
            expiry: notice.expiry
        )
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
    /// The longest `sid`, which is stored.
    static let identifierByteCountMax = 255
}
