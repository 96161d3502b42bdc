import DurableLog
import HashTreeCollections
package import OAuthProtocol

/// RFC 6749 §6, RFC 9700 §4.14.2 and FD-1: refresh tokens come in families and generations.
extension AuthorizationSessions {
    package func rotate(
        _ use: RefreshTokenUse,
        under conditions: RefreshConditions,
        now: Timestamp
    ) throws(StoreError) -> Receipt<RotationOutcome> {
        try journal.requireAvailability()
        guard let session = sessions[use.family], session.generation > 0 else {
            return journal.receipt(.unknown)
        }
        // Bound to the client (RFC 6749 §6); another client learns nothing and changes nothing (D-29).
        guard session.clientID.hasSameBytes(as: use.clientID) else {
            return journal.receipt(.wrongClient)
        }
        guard session.boundKey == nil || session.boundKey == use.key else { return withoutKey(use, session, now: now) }
        guard session.isLive(now: now) else {
            sessions.removeValue(forKey: use.family)
            return journal.receipt(.expired, at: recordRemoval(of: use.family))
        }
        if isReuse(of: session, use, now: now) {
            return journal.receipt(.reused(session), at: end(session))
        }
        guard let needed = conditions.upstreams(neededBy: session.resource) else {
            return journal.receipt(.resourceNotRegistered)
        }
        if let cause = endedConnections.first(among: session.connections, at: needed)
            ?? conditions.refusedConnection(of: session)
        {
            return journal.receipt(.upstreamEnded(session, cause), at: end(session))
        }
        // Checked before anything is rotated, so that a client can correct itself and try again (TK-8).
        guard use.scopes.map({ $0.isSubset(of: session.scopes) }) ?? true else {
            return journal.receipt(.scopeExceeded)
        }
        guard use.resource.map({ $0 == session.resource }) ?? true else {
            return journal.receipt(.resourceExceeded)
        }
        if use.generation < session.generation {
            return journal.receipt(repetition(of: session, use))
        }
        return advance(session, use, now: now)
    }

    // RFC 9449 §5: a thief of a bound token without its key must not end the session. A bound session does not rotate,
    // so that an older token is one from before the binding, a bearer token: a thief of it may have bound the session
    // to his own key since, and its reuse is found like any other (RFC 9700 §4.14.2).
    private func withoutKey(_ use: RefreshTokenUse, _ session: Session, now: Timestamp) -> Receipt<RotationOutcome> {
        guard use.generation < session.generation, session.isLive(now: now), isReuse(of: session, use, now: now) else {
            return journal.receipt(.wrongKey)
        }
        return journal.receipt(.reused(session), at: end(session))
    }

    private func advance(_ current: Session, _ use: RefreshTokenUse, now: Timestamp) -> Receipt<RotationOutcome> {
        var session = current
        // A genuine token that is newer than the state moves the state forward, where one can exist at all. The last
        // number remains: a family that has come so far continues without rotation.
        let knownSuccessor = session.rotatedAt == Session.takenBack ? session.generation &+ 1 : session.generation
        let isAhead = use.generation > knownSuccessor
        // DP-4: a bound token is worthless to a thief, and needs no successor.
        let rotates = use.rotates && session.boundKey == nil
        let generation = rotates && use.generation < .max ? use.generation + 1 : use.generation
        let binds = rotates && use.key != nil
        if binds { session = session.bound(to: use.key) }
        if generation != session.generation {
            // Only a new generation starts a grace: refreshes without rotation must not prolong the last one's.
            session.generation = generation
            session.rotatedAt = now
            session.rotatedBy = use.origin
        }
        session.idleExpiry = now + policy.refreshTokenLifetime(of: session.clientID)
        sessions[use.family] = session
        let outcome = isAhead ? RotationOutcome.caughtUp(session) : .rotated(session)
        let record = binds ? session.record(.putSession) : Self.rotationRecord(session)
        return journal.receipt(outcome, at: journal.append(record)) { [session] in
            await self.unrotate(use, for: session, wasBound: binds)
        }
    }

    /// Takes back a rotation whose answer never left: a client that tries again after the grace must not count as reuse
    /// and lose its session.
    ///
    /// Nothing happens if the session has changed since the rotation.
    private func unrotate(_ use: RefreshTokenUse, for session: Session, wasBound: Bool) {
        guard use.generation < session.generation || wasBound, sessions[session.id] == session else { return }
        var earlier = wasBound ? session.bound(to: nil) : session
        earlier.generation = use.generation
        // The token before it got its successor long ago: no new grace begins.
        earlier.rotatedAt = Session.takenBack
        earlier.rotatedBy = nil
        sessions[session.id] = earlier
        // After the record of the rotation, which the journal still holds and writes when it can.
        _ = journal.append(wasBound ? earlier.record(.putSession) : Self.rotationRecord(earlier))
    }

    // The predecessor is tolerated within the grace; anything older, or later, is a stolen copy.
    private func isReuse(of session: Session, _ use: RefreshTokenUse, now: Timestamp) -> Bool {
        guard use.generation <= session.generation else { return !mayBeAhead(of: session, use.generation) }
        guard use.generation < session.generation else { return false }
        let isPredecessor = use.generation == session.generation - 1
        guard isPredecessor, now < session.rotatedAt + policy.refreshReuseGrace else { return true }
        guard policy.reuseNeedsSameNetwork, let first = session.rotatedBy, let origin = use.origin else { return false }
        return first.network != origin.network
    }

    /// Whether a token that is newer than the state can have been issued: its family has not changed since the state
    /// was restored, or its last rotation was taken back after the answer may have left.
    ///
    /// In any other case the state has every token that was ever issued, and a newer one is forged with our secret, or
    /// the disk was rolled back.
    private func mayBeAhead(of session: Session, _ generation: UInt32) -> Bool {
        if session.rotatedAt == Session.takenBack, generation == session.generation &+ 1 { return true }
        return policy.possiblyBehindSince.map { session.rotatedAt < $0 } ?? false
    }

    // FD-1: a client whose answer was lost repeats once or twice. Who rides on the grace to follow a session from
    // elsewhere is at least seen, and does not follow it often.
    private func repetition(of session: Session, _ use: RefreshTokenUse) -> RotationOutcome {
        guard sessions.noteRepeat(session.id) <= Self.repeatCountMax else {
            return .repeatedTooOften(until: session.rotatedAt + policy.refreshReuseGrace)
        }
        guard let first = session.rotatedBy, let origin = use.origin, origin.isElsewhere(than: first) else {
            return .repeated(session)
        }
        return .repeatedElsewhere(session)
    }

    /// How often the predecessor of a generation may be repeated.
    static let repeatCountMax = 100

    private static func rotationRecord(_ session: Session) -> [UInt8] {
        BinaryWriter.record(.rotateRefreshToken) { writer in
            writer.write(session.id)
            writer.write(session.generation)
            writer.write(session.rotatedAt)
            writer.write(session.idleExpiry)
            session.rotatedBy?.write(to: &writer)
        }
    }
}
