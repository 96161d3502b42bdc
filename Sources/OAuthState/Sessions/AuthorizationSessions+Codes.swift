import DurableLog
import HashTreeCollections
package import OAuthProtocol
package import OpenSSLCrypto

/// An issued code, stored until well after its expiry: a late second use must still be recognized.
struct IssuedCode: Sendable {
    let grant: AuthorizationGrant
    let expiry: Timestamp
    var failures = 0
    var isRedeemed = false

    /// How long after its expiry a redeemed code is remembered, so that its replay revokes the session (TK-6).
    static let remembrance: Duration = .seconds(600)
    /// The most codes that are remembered for each redeemable one.
    static let rememberedPerRedeemable = 16
}

/// RFC 6749 §4.1.2 and §4.1.3: issues and redeems codes, each once.
extension AuthorizationSessions {
    package func issueCode(
        _ code: SHA256Digest,
        for grant: AuthorizationGrant,
        now: Timestamp
    ) -> Receipt<StoreAdmission> {
        codes.expire(now: now)
        redeemableCodes.expire(now: now)
        guard !isEnded(grant.login.sessionID) else { return Receipt(.ended) }
        // Codes remembered for replays do not take the place of logins, but are bounded too.
        guard
            redeemableCodes.count < limits.authorizationCodesMax,
            codes.admits(
                grant.login.source,
                countMax: limits.authorizationCodesMax * IssuedCode.rememberedPerRedeemable
            )
        else { return Receipt(.full) }
        taken.remove(grant.login.sessionID)
        let expiry = now + policy.authorizationCodeLifetime
        redeemableCodes.insert((), for: code, expiry: expiry)
        codes.insert(IssuedCode(grant: grant, expiry: expiry), for: code, expiry: expiry + IssuedCode.remembrance)
        return Receipt(.admitted)
    }

    package func redeem(_ redemption: CodeRedemption, now: Timestamp) throws(StoreError) -> Receipt<RedemptionOutcome> {
        try journal.requireAvailability()
        guard var issued = codes[redemption.code] else { return journal.receipt(.unknown) }
        if let mismatch = Self.mismatch(redemption, issued.login.request) {
            // A wrong attempt never invalidates the victim's code, but five do (TK-4; OAuth 2.1 §7.5.3). A redeemed
            // code stays as it is: a replay with a wrong verifier must not revoke anything (D-16).
            if !issued.isRedeemed {
                issued.failures += 1
                let isBurnt = issued.failures >= limits.codeFailuresMax
                codes.update(isBurnt ? nil : issued, for: redemption.code)
                if isBurnt { redeemableCodes.remove(redemption.code) }
            }
            return journal.receipt(.mismatch(mismatch))
        }
        if issued.isRedeemed {
            return journal.receipt(.replayed(issued.login.sessionID), at: remove(issued.login.sessionID))
        }
        guard now < issued.expiry else { return journal.receipt(.expired) }
        let ended = longestIdle(of: issued.grant.userID, with: issued.login.request.clientID)
        guard sessions.count < limits.sessionsMax || ended != nil else { return journal.receipt(.full) }
        issued.isRedeemed = true
        codes.update(issued, for: redemption.code)
        redeemableCodes.remove(redemption.code)
        if let ended { _ = remove(ended.id) }
        let session = newSession(issued.grant, boundTo: redemption.bindsSession ? redemption.key : nil, now: now)
        insert(session)
        let outcome = RedemptionOutcome.redeemed(session, issued.grant)
        return journal.receipt(outcome, at: journal.append(session.record(.putSession))) {
            await self.unredeem(redemption.code, for: session, inPlaceOf: ended)
        }
    }

    /// The session that ends so that a user has no more than the bound of them with a client; `nil` below the bound.
    func longestIdle(of userID: UserID, with clientID: String) -> Session? {
        guard sessions.count(of: userID, with: clientID) >= limits.sessionsPerUserAndClientMax else { return nil }
        return sessions.sessions(of: userID, with: clientID).min { lastUse(of: $0) < lastUse(of: $1) }
    }

    private func lastUse(of session: Session) -> Timestamp {
        let lifetime =
            session.generation > 0
            ? policy.refreshTokenLifetime(of: session.clientID) : policy.accessTokenLifetime(of: session.clientID)
        return session.idleExpiry - lifetime
    }

    /// Takes back a redemption whose answer never left, so that the code can be used again; the session that ended for
    /// it lives on.
    ///
    /// Nothing happens if the session has changed: a replay has ended it, and it remains ended (TK-6).
    private func unredeem(_ code: SHA256Digest, for session: Session, inPlaceOf ended: Session?) {
        guard var issued = codes[code], issued.isRedeemed, sessions[session.id] == session else { return }
        sessions.removeValue(forKey: session.id)
        // After the record of the session, which the journal still holds and writes when it can.
        recordRemoval(of: session.id)
        if let ended { revive(ended) }
        issued.isRedeemed = false
        codes.update(issued, for: code)
        redeemableCodes.insert((), for: code, expiry: issued.expiry)
    }

    private static func mismatch(_ redemption: CodeRedemption, _ request: AuthorizationRequest) -> CodeMismatch? {
        guard redemption.clientID == request.clientID else { return .client }
        // TK-5: if sent, it must be identical to the URI of the authorization request, including the port; OAuth 2.1
        // dropped it.
        guard redemption.redirectURI.map({ $0.hasSameBytes(as: request.redirectURI) }) ?? true else {
            return .redirectURI
        }
        guard constantTimeEqual(redemption.challenge.digest.bytes, request.codeChallenge.digest.bytes) else {
            return .verifier
        }
        guard redemption.resource.map({ $0 == request.resource }) ?? true else { return .resource }
        // RFC 9449 §10: who intercepts the code and the verifier has no use for them without the key.
        guard request.boundKey == nil || request.boundKey == redemption.key else { return .key }
        return nil
    }

    private func newSession(_ grant: AuthorizationGrant, boundTo key: KeyThumbprint?, now: Timestamp) -> Session {
        let login = grant.login
        let clientID = login.request.clientID
        let absolute = now + policy.sessionLifetime(of: clientID)
        let idle =
            grant.issuesRefreshToken
            ? policy.refreshTokenLifetime(of: clientID) : policy.accessTokenLifetime(of: clientID)
        return Session(
            id: login.sessionID,
            userID: grant.userID,
            clientID: clientID,
            scopes: login.request.scopes,
            resource: login.request.resource,
            connections: login.connections,
            authenticatedAt: login.authenticatedAt,
            absoluteExpiry: absolute,
            idleExpiry: now + idle,
            generation: grant.issuesRefreshToken ? 1 : 0,
            rotatedAt: now,
            claims: login.claims.isEmpty ? [] : login.claims.serialized(),
            boundKey: key
        )
    }
}
