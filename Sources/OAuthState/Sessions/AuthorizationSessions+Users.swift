package import OAuthProtocol

/// A user's sessions, and what they depend on: answered by indexes, at a cost proportional to the result.
extension AuthorizationSessions {
    package func sessions(of userID: UserID, now: Timestamp) -> [Session] {
        sessions.sessions(of: userID).filter { $0.isLive(now: now) && hasLivingParent($0, now: now) }
    }

    package func awaited(among connections: Set<ConnectionID>) -> Set<ConnectionID> {
        connections.filter { connection in
            pending.contains(connection) || taken.contains(connection)
                || codes.contains(connection) { !$0.isRedeemed }
        }
    }
}
