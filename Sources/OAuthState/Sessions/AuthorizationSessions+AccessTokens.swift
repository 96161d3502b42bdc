import DurableLog
import HashTreeCollections
package import OAuthProtocol
package import OpenSSLCrypto

/// RFC 7009: revocation before expiry, of a session with everything in it or of a single access token.
extension AuthorizationSessions {
    package func revoke(_ id: SessionID, for clientID: String) throws(StoreError) -> Receipt<SessionRevocation> {
        try journal.requireAvailability()
        // A client that asks about an ended session waits until the end is durable: the answer states that it remains
        // ended.
        guard let session = sessions[id] else { return journal.receipt(.unknown) }
        guard session.clientID.hasSameBytes(as: clientID) else {
            return journal.receipt(.wrongClient)
        }
        return journal.receipt(.revoked(session), at: end(session))
    }

    package func revokeAccessToken(
        _ reference: AccessTokenReference,
        expiry: Timestamp,
        now: Timestamp
    ) throws(StoreError) -> Receipt<AccessTokenRevocation> {
        try journal.requireAvailability()
        sweepRevokedTokens(now: now, limit: 8)
        guard revokedTokens[reference.tokenID] == nil else { return journal.receipt(.revoked) }
        let token = AccessRevocation(expiry: expiry, sessionID: reference.sessionID)
        if let id = token.sessionID {
            // No token of an ended session is valid.
            guard let session = sessions[id] else { return journal.receipt(.revoked) }
            // D-80: a client that refreshes and revokes in a loop must not fill the table. An answer of success must be
            // true, so the session ends with the token.
            guard hasRoomForRevokedToken(of: id) else {
                return journal.receipt(.sessionEnded(session), at: end(session))
            }
        } else if revokedTokens.count >= limits.revokedAccessTokensMax {
            return journal.receipt(.full)
        }
        insertRevokedToken(reference.tokenID, token)
        moment = max(moment, now)
        // Before the revocation, as when a session ends.
        if recordsEndings, let audience = reference.audience {
            _ = note(.accessToken(reference.identifier), resource: audience, expiry: expiry)
        }
        let position = journal.append(Self.revokedTokenRecord(reference.tokenID, token))
        return journal.receipt(.revoked, at: position)
    }

    private func hasRoomForRevokedToken(of id: SessionID) -> Bool {
        revokedTokenShares[id, default: 0] < limits.revokedAccessTokensPerSessionMax
            && revokedTokenOfSessionCount < limits.revokedAccessTokensOfSessionsMax
            && revokedTokens.count < limits.revokedAccessTokensMax
    }

    package func standing(of token: AccessTokenReference, now: Timestamp) -> AccessTokenStanding {
        guard revokedTokens.isEmpty || revokedTokens[token.tokenID] == nil else { return .revoked }
        guard let id = token.sessionID else { return .withoutSession }
        guard let session = session(id, now: now) else { return .revoked }
        return .session(session)
    }

    /// How many access tokens are refused before their expiry, for metrics.
    package var revokedTokenCount: Int {
        revokedTokens.count
    }

    func insertRevokedToken(_ id: SHA256Digest, _ token: AccessRevocation) {
        if let earlier = revokedTokens.updateValue(token, forKey: id) {
            releaseRevokedToken(earlier)
        }
        if let session = token.sessionID {
            revokedTokenShares[session, default: 0] += 1
            revokedTokenOfSessionCount += 1
        }
        revokedTokenExpiries.insert(id, expiry: token.expiry)
    }

    private func releaseRevokedToken(_ token: AccessRevocation) {
        guard let session = token.sessionID else { return }
        let share = revokedTokenShares[session, default: 0] - 1
        revokedTokenShares[session] = share > 0 ? share : nil
        revokedTokenOfSessionCount -= 1
    }

    /// Drops expired tokens from the list of refused ones.
    func sweepRevokedTokens(now: Timestamp, limit: Int) {
        for id in revokedTokenExpiries.popDue(now: now, limit: limit) {
            // As in the replay guard, recovery may have put the id into a bucket twice.
            if let token = revokedTokens[id], token.expiry <= now {
                revokedTokens.removeValue(forKey: id)
                releaseRevokedToken(token)
            }
        }
    }

    /// A revoked token as a record.
    package static func revokedTokenRecord(_ id: SHA256Digest, _ token: AccessRevocation) -> [UInt8] {
        guard let sessionID = token.sessionID else {
            return BinaryWriter.record(.putRevokedToken) { writer in
                writer.write(id)
                writer.write(token.expiry)
            }
        }
        return BinaryWriter.record(.putRevokedTokenOfSession) { writer in
            writer.write(id)
            writer.write(token.expiry)
            writer.write(sessionID)
        }
    }
}

/// The stored data of an access token that is refused before it expires.
package struct AccessRevocation: Hashable, Sendable {
    /// When the token expires.
    package let expiry: Timestamp
    /// Its session, whose share it counts for; `nil` for a token issued to a client itself.
    package let sessionID: SessionID?

    /// The revocation of a token.
    package init(expiry: Timestamp, sessionID: SessionID?) {
        self.expiry = expiry
        self.sessionID = sessionID
    }
}
