import DurableLog
import HashTreeCollections
package import OAuthProtocol
package import OpenSSLCrypto

/// RFC 7009: what was revoked before its time, a session with everything in it or a single access token.
extension AuthorizationSessions {
    package func revoke(_ id: SessionID, for clientID: String) -> Recorded<SessionRevocation> {
        // Whoever asks about a session that is over waits until that is durable: the answer says that it stays so.
        guard let session = sessions[id] else { return Recorded(.unknown, at: journal.lastPosition) }
        guard session.clientID.hasSameBytes(as: clientID) else {
            return Recorded(.wrongClient, at: journal.lastPosition)
        }
        sessions.removeValue(forKey: id)
        return Recorded(.revoked(session), at: recordRemoval(of: id))
    }

    package func revokeAccessToken(
        _ id: SHA256Digest,
        expiry: Timestamp,
        now: Timestamp
    ) -> Recorded<StoreAdmission> {
        sweepRevokedTokens(now: now, limit: 8)
        guard revokedTokens[id] == nil else { return Recorded(.admitted, at: journal.lastPosition) }
        guard revokedTokens.count < limits.revokedAccessTokensMax else {
            return Recorded(.full, at: journal.lastPosition)
        }
        insertRevokedToken(id, expiry: expiry)
        return Recorded(.admitted, at: journal.append(Self.revokedTokenRecord(id, expiry)))
    }

    package func standing(of token: AccessTokenReference, now: Timestamp) -> AccessTokenStanding {
        guard revokedTokens.isEmpty || revokedTokens[token.tokenID] == nil else { return .revoked }
        guard let id = token.sessionID else { return .withoutSession }
        guard let session = session(id, now: now) else { return .revoked }
        return .session(session)
    }

    /// How many access tokens are refused before their time, for the metric.
    package var revokedTokenCount: Int {
        revokedTokens.count
    }

    func insertRevokedToken(_ id: SHA256Digest, expiry: Timestamp) {
        revokedTokens[id] = expiry
        revokedTokenExpiries.insert(id, expiry: expiry)
    }

    /// Drops tokens that have expired and are refused for that.
    func sweepRevokedTokens(now: Timestamp, limit: Int) {
        for id in revokedTokenExpiries.popDue(now: now, limit: limit) {
            // As in the replay guard: recovery may have put the id into a bucket twice.
            if let expiry = revokedTokens[id], expiry <= now {
                revokedTokens.removeValue(forKey: id)
            }
        }
    }

    static func revokedTokenRecord(_ id: SHA256Digest, _ expiry: Timestamp) -> [UInt8] {
        BinaryWriter.record(.putRevokedToken) { writer in
            writer.write(id)
            writer.write(expiry)
        }
    }
}
