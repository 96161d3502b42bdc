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
        guard var session = sessions[use.family], session.generation > 0 else {
            return journal.receipt(.unknown)
        }
        // Bound to the client (RFC 6749 §6); another client learns nothing and changes nothing (D-29).
        guard session.clientID.hasSameBytes(as: use.clientID) else {
            return journal.receipt(.wrongClient)
        }
        guard session.isLive(now: now) else {
            sessions.removeValue(forKey: use.family)
            return journal.receipt(.expired, at: recordRemoval(of: use.family))
        }
        if isReuse(of: session, generation: use.generation, now: now) {
            sessions.removeValue(forKey: use.family)
            return journal.receipt(.reused(session), at: recordRemoval(of: use.family))
        }
        guard let needed = conditions.neededUpstreams[session.resource] else {
            return journal.receipt(.resourceNotRegistered)
        }
        if let cause = endedConnections.first(among: session.connections, at: needed) {
            sessions.removeValue(forKey: use.family)
            return journal.receipt(.upstreamEnded(session, cause), at: recordRemoval(of: use.family))
        }
        // Checked before anything is rotated, so that a client can correct itself and try again (TK-8).
        guard use.scopes.map({ $0.isSubset(of: session.scopes) }) ?? true else {
            return journal.receipt(.scopeExceeded)
        }
        guard use.resource.map({ $0 == session.resource }) ?? true else {
            return journal.receipt(.resourceExceeded)
        }
        if use.generation < session.generation {
            return journal.receipt(.repeated(session))
        }
        // A genuine token that is newer than the state was issued after a backup: it moves the state forward. The last
        // number remains: a family that has come so far continues without rotation.
        let generation = use.rotates && use.generation < .max ? use.generation + 1 : use.generation
        if generation != session.generation {
            // Only a new generation starts a grace: refreshes without rotation must not prolong the last one's.
            session.generation = generation
            session.rotatedAt = now
        }
        session.idleExpiry = now + policy.refreshTokenLifetime
        sessions[use.family] = session
        return journal.receipt(.rotated(session), at: journal.append(Self.rotationRecord(session))) { [session] in
            await self.unrotate(use, for: session)
        }
    }

    /// Takes back a rotation whose answer never left: a client that tries again after the grace must not count as reuse
    /// and lose its session.
    ///
    /// Nothing happens if the session has changed since the rotation.
    private func unrotate(_ use: RefreshTokenUse, for session: Session) {
        guard use.generation < session.generation, sessions[session.id] == session else { return }
        var earlier = session
        earlier.generation = use.generation
        // The token before it got its successor long ago: no new grace begins.
        earlier.rotatedAt = Timestamp(secondsSinceEpoch: 0)
        sessions[session.id] = earlier
        // After the record of the rotation, which the journal still holds and writes when it can.
        _ = journal.append(Self.rotationRecord(earlier))
    }

    // The predecessor is tolerated within the grace; anything older, or later, is a stolen copy.
    private func isReuse(of session: Session, generation: UInt32, now: Timestamp) -> Bool {
        guard generation < session.generation else { return false }
        let isPredecessor = generation == session.generation - 1
        return !(isPredecessor && now < session.rotatedAt + policy.refreshReuseGrace)
    }

    private static func rotationRecord(_ session: Session) -> [UInt8] {
        BinaryWriter.record(.rotateRefreshToken) { writer in
            writer.write(session.id)
            writer.write(session.generation)
            writer.write(session.rotatedAt)
            writer.write(session.idleExpiry)
        }
    }
}
