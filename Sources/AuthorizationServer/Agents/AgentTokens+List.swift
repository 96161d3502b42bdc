import OAuthProtocol
import OAuthState

extension AgentTokens {
    /// The live agents of a user: all, or those that one client made for one resource.
    func list(
        of userID: UserID,
        madeBy maker: Session? = nil,
        now: Timestamp
    ) async throws(OAuthError) -> [Session] {
        try await OAuthError.attempt(await sessions.sessions(of: userID, now: now))
            .filter { session in
                guard let agent = session.agent else { return false }
                guard let maker else { return true }
                return agent.maker.map { $0.hasSameBytes(as: maker.clientID) } ?? false
                    && session.resource.hasSameBytes(as: maker.resource)
            }
            .sorted { ($0.agent?.name ?? "", $0.id.value) < ($1.agent?.name ?? "", $1.id.value) }
    }

    /// Ends one of the user's agents; false if there is none such.
    func end(
        _ id: SessionID,
        of userID: UserID,
        madeBy maker: Session? = nil,
        by actor: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> Bool {
        let own = try await list(of: userID, madeBy: maker, now: context.now)
        guard let session = own.first(where: { $0.id == id }) else { return false }
        let count = try await OAuthError.attempt(await sessions.end(SessionEnding(sessions: [id])).outcome)
        guard count > 0 else { return false }
        audit.record(.sessionEnded(session, by: actor), context: context)
        return true
    }
}

extension Session {
    /// What the maker of an agent sees of it, without its token.
    var agentView: JSONObject {
        var json: JSONObject = [
            "id": .string(id.text), "name": .string(agent?.name ?? ""), "client_id": .string(clientID),
            "resource": .string(resource), "scope": .string(scopes.text), "expires_at": .string(expiry.rfc3339),
        ]
        if let agent { json["created_at"] = .string(agent.createdAt.rfc3339) }
        if let agentUsedAt { json["last_used_at"] = .string(agentUsedAt.rfc3339) }
        return json
    }
}
