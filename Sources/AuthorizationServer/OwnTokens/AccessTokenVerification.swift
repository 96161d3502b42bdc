import Foundations
package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// RFC 9068 §4: validates our own access tokens when they are presented to us, and finds their sessions.
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
package final class AccessTokenVerification: Sendable {
    private let verifier: AccessTokenVerifier
    private let keys: SigningKeyPublication
    private let sessions: any AccessTokenStore
    private let seen: SeenAccessTokens
    private let origins: SessionOrigins

    /// Why a token is not accepted.
    package enum Refusal: StoreFailure, Hashable, Sendable {
        /// Not an access token that this server signed: foreign, forged, of another type, or malformed.
        case notOurs
        /// Ours, and expired.
        case expired
        /// Ours, and revoked, or its session has ended or does not belong to the token's user and client.
        case revoked
        /// Ours, and for another resource.
        case wrongAudience
        /// Ours, and issued to a client itself, without a user.
        case withoutUser
        /// Ours, and bound to a key that was not proven (RFC 9449 §7.1), or presented as bound and a bearer token.
        case withoutProof
        /// It cannot be determined now whether the token was revoked.
        case unavailable

        /// A failing store does not invalidate the token: the caller answers 503.
        package init(_ error: StoreError) { self = .unavailable }
    }

    /// Verification against the published keys and the live sessions.
    package init(
        issuer: Issuer,
        keys: SigningKeyPublication,
        sessions: any AccessTokenStore,
        seen: SeenAccessTokens,
        origins: SessionOrigins
    ) {
        self.origins = origins
        verifier = AccessTokenVerifier(issuer: issuer.text)
        self.keys = keys
        self.sessions = sessions
        self.seen = seen
    }

    /// A valid token, with the session behind it; a client's own token has none.
    package struct LiveToken: Sendable, Redacted {
        package let token: VerifiedAccessToken
        package let session: Session?
    }

    /// RFC 9449 §7: how a token was presented.
    package enum Presentation: Hashable, Sendable {
        /// By somebody who has proven this key, if any: a token that is bound to a key needs that one.
        case possession(of: KeyThumbprint?)
        /// As a bound token, whose key was proven: a bearer token is refused.
        case bound(to: KeyThumbprint)
        /// By a resource server that asks what it is.
        case described

        fileprivate func fits(_ boundKey: KeyThumbprint?) -> Bool {
            switch self {
            case .possession(let key): boundKey == nil || boundKey == key
            case .bound(let key): boundKey == key
            case .described: true
            }
        }
    }

    /// The live session of a token for one of `audiences`.
    package func liveSession(
        of token: String,
        audiences: ResourceAudiences,
        presented presentation: Presentation = .possession(of: nil),
        now: Timestamp
    ) async throws(Refusal) -> Session {
        let live = try await live(token, audiences: audiences, presented: presentation, now: now)
        guard let session = live.session else { throw .withoutUser }
        return session
    }

    /// A token of ours that has not expired, was not revoked, and is for one of `audiences`, or for any.
    ///
    /// Without another presentation it is one of a bearer, who gets nothing with a token that is bound to a key.
    package func live(
        _ token: String,
        audiences: ResourceAudiences?,
        presented presentation: Presentation = .possession(of: nil),
        now: Timestamp
    ) async throws(Refusal) -> LiveToken {
        let verified = try await verified(token, now: now)
        guard presentation.fits(verified.claims.boundKey) else { throw .withoutProof }
        // D-37, D-67: a resource server cannot use a token that was issued for another.
        guard audiences.map({ $0.contains(verified.claims.audience) }) ?? true else { throw .wrongAudience }
        switch try await Refusal.attempt(await sessions.standing(of: verified.reference, now: now)) {
        case .revoked: throw .revoked
        case .withoutSession:
            // A `tsid` that is not ours names no session, and a user's token without one is not ours either, unless it
            // was delegated to a resource that has no use for the session.
            let isUsers = UserID(verified.claims.subject) != nil
            guard verified.claims.sessionID == nil, !isUsers || verified.claims.actor != nil else { throw .revoked }
            try await checkOrigin(verified, now: now)
            return LiveToken(token: verified, session: nil)
        case .session(let session):
            guard verified.belongs(to: session) else { throw .revoked }
            return LiveToken(token: verified, session: session)
        }
    }

    // RFC 8693 §1.1: with the user's session ends what was delegated from it, also where the token lacks the handle.
    private func checkOrigin(_ token: VerifiedAccessToken, now: Timestamp) async throws(Refusal) {
        switch origins.origin(token.claims) {
        case .none: return
        case .unreadable: throw .revoked
        case .session(let id):
            let origin = AccessTokenReference(tokenID: token.claims.tokenID, sessionID: id)
            guard case .session = try await Refusal.attempt(await sessions.standing(of: origin, now: now)) else {
                throw .revoked
            }
        }
    }

    /// A token whose signature was checked before, and that has not expired; `nil` for one that was not seen.
    package func seen(_ token: String, now: Timestamp) throws(Refusal) -> VerifiedAccessToken? {
        guard token.utf8.count <= AccessTokenVerifier.tokenByteCountMax else { throw .notOurs }
        guard let known = seen.token(SHA256.hash(token), under: keys.current) else { return nil }
        // RFC 7519 §4.1.4: on or after `exp` the token must not be accepted.
        guard now.secondsSinceEpoch < known.claims.expiresAt.secondsSinceEpoch else { throw .expired }
        return known
    }

    /// A token of ours that has not expired, revoked or not; its signature is checked the first time it is seen.
    package func verified(_ token: String, now: Timestamp) async throws(Refusal) -> VerifiedAccessToken {
        if let known = try seen(token, now: now) { return known }
        await VerificationTurn.begin()
        let keySet = keys.current
        do {
            let verified = VerifiedAccessToken(try verifier.verify(token, keys: keySet.published, now: now))
            seen.insert(verified, digest: SHA256.hash(token), under: keySet)
            return verified
        } catch {
            throw error == .expired ? .expired : .notOurs
        }
    }

    /// The claims of a token of ours that has not expired.
    package func claims(of token: String, now: Timestamp) async throws(Refusal) -> AccessTokenClaims {
        try await verified(token, now: now).claims
    }
}
