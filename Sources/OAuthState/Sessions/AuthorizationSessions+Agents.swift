import DurableLog
package import OAuthProtocol
package import OpenSSLCrypto

/// Sessions of agents, which begin with a token that a user, or a user's client, made.
extension AuthorizationSessions {
    package func startAgent(_ session: Session, now: Timestamp) throws(StoreError) -> Receipt<AgentAdmission> {
        try journal.requireAvailability()
        if let parent = session.agent?.parent {
            guard let living = self.session(parent, now: now), living.userID == session.userID, living.agent == nil
            else { return journal.receipt(.parentEnded) }
        }
        // Those that have ended with their parent take no place: without this, logins in a loop would fill the table.
        for dead in sessions.sessions(of: session.userID) where !hasLivingParent(dead, now: now) {
            _ = remove(dead.id)
        }
        let own = sessions(of: session.userID, now: now).count { $0.agent != nil }
        guard own < limits.agentsPerUserMax, sessions.count < limits.sessionsMax else { return journal.receipt(.full) }
        insert(session)
        return journal.receipt(.admitted, at: journal.append(session.record(.putSession))) {
            await self.withdrawAgent(session)
        }
    }

    /// Takes back an agent whose token never left.
    private func withdrawAgent(_ session: Session) {
        guard sessions.removeValue(forKey: session.id) != nil else { return }
        recordRemoval(of: session.id)
    }

    package func useAgent(
        _ tokenHash: SHA256Digest,
        under conditions: RefreshConditions,
        now: Timestamp
    ) throws(StoreError) -> Receipt<AgentUse> {
        try journal.requireAvailability()
        guard let id = sessions.id(ofAgentToken: tokenHash), var session = session(id, now: now) else {
            return journal.receipt(.unknown)
        }
        if let cause = endedConnection(of: session, under: conditions) {
            return journal.receipt(.upstreamEnded(session, cause), at: end(session))
        }
        // Once an hour is precise enough, and keeps the journal small.
        guard session.agentUsedAt.map({ now - $0 >= .seconds(3600) }) ?? true else {
            return journal.receipt(.used(session))
        }
        session.rotatedAt = now
        sessions[id] = session
        return journal.receipt(.used(session), at: journal.append(session.record(.putSession)))
    }

    // VR-9: the agent may have been given none of the connections that its parent's login needs. The parent ends at its
    // own next refresh, which a client that left its agent alone may never make.
    private func endedConnection(of agent: Session, under conditions: RefreshConditions) -> ConnectionID? {
        let parent = agent.agent?.parent.flatMap { sessions[$0] }
        for session in [agent, parent].compactMap({ $0 }) {
            // A resource that is not registered needs nothing: no token is issued for it anyway.
            guard let needed = conditions.upstreams(neededBy: session.resource) else { continue }
            if let cause = endedConnections.first(among: session.connections, at: needed)
                ?? conditions.refusedConnection(of: session)
            {
                return cause
            }
        }
        return nil
    }

    /// Whether the session that an agent's session ends with has not ended.
    func hasLivingParent(_ session: Session, now: Timestamp) -> Bool {
        guard let parent = session.agent?.parent else { return true }
        return sessions[parent]?.isLive(now: now) ?? false
    }
}
