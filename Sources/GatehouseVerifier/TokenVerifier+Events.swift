import OAuthProtocol

/// RFC 8417: what the issuer says about tokens that it has issued.
extension TokenVerifier {
    private static let sessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"

    /// A verified event of the issuer for this receiver.
    func event(
        _ token: String,
        for receiver: String,
        now: Int64
    ) async throws(VerificationError) -> SecurityEventClaims {
        let keys = try await keys.keys(with: try TokenRules.keyName(token), now: now)
        do throws(JOSEError) {
            return try SecurityEventClaims(verifying: token, keys: keys, issuer: issuer, audience: receiver)
        } catch {
            throw .invalidToken(reason: "\(error)")
        }
    }

    /// Refuses what an event says has ended; one of another type changes nothing.
    ///
    /// - Throws: ``VerificationError/invalidToken(reason:)`` for an end that names no subject.
    func take(_ claims: SecurityEventClaims, now: Int64) throws(VerificationError) {
        guard let value = claims.events[Self.sessionRevoked] else { return }
        guard let event = value.objectValue, let subject = claims.subject else {
            throw .invalidToken(reason: "the event has no subject")
        }
        if subject["format"]?.stringValue == "jwt_id", let identifier = subject["jti"]?.stringValue {
            revoked.addToken(identifier, now: now)
        } else if let session = subject["session"]?.objectValue?["id"]?.stringValue {
            revoked.addSession(session, now: now)
        } else {
            // The whole issuer, or a subject that this version does not know: to refuse too many is safe.
            revoked.refuseAll(until: event["event_timestamp"]?.integerValue.map(Int64.init) ?? now)
        }
    }
}
