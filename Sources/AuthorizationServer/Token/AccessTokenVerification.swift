package import OAuthProtocol
package import OAuthState

/// RFC 9068 §4: validates our own access tokens where they come back to us, and finds the session behind them.
package struct AccessTokenVerification: Sendable {
    private let verifier: AccessTokenVerifier
    private let keys: SigningKeyPublication
    private let sessions: any AuthorizationStore

    /// Why a token is not accepted.
    package enum Refusal: Error, Hashable, Sendable {
        /// Not an access token that this server signed: foreign, forged, of another type, or broken.
        case notOurs
        /// Ours, and past its time.
        case expired
        /// Ours, and its session is over, revoked, or does not belong to the token's user and client.
        case revoked
        /// Ours, and meant for another resource.
        case wrongAudience
    }

    /// Verification against the published keys and the live sessions.
    package init(issuer: Issuer, keys: SigningKeyPublication, sessions: any AuthorizationStore) {
        verifier = AccessTokenVerifier(issuer: issuer.text)
        self.keys = keys
        self.sessions = sessions
    }

    /// The live session behind a token that is meant for one of `audiences`.
    package func liveSession(
        of token: String,
        audiences: Set<String>,
        now: Timestamp
    ) async throws(Refusal) -> Session {
        let claims = try claims(of: token, now: now)
        // D-37, D-67: a resource server cannot use a token that was meant for another.
        guard audiences.contains(claims.audience) else { throw .wrongAudience }
        guard let id = claims.sessionID.flatMap(SessionID.init) else { throw .revoked }
        guard let session = await sessions.session(id, now: now) else { throw .revoked }
        // The `tsid` is a handle: it counts only together with the user and client it was issued to (VT-2).
        guard
            session.userID.text == claims.subject, session.clientID == claims.clientID,
            session.resource == claims.audience
        else { throw .revoked }
        return session
    }

    /// The claims of a token of ours that has not expired.
    package func claims(of token: String, now: Timestamp) throws(Refusal) -> AccessTokenClaims {
        do {
            return try verifier.verify(token, keys: keys.current.published, now: now)
        } catch {
            throw error == .expired ? .expired : .notOurs
        }
    }
}
