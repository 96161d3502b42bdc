import OAuthProtocol
import OAuthState

/// Sessions of agents.
extension AuthorizationStoreConformance {
    /// An agent that has some of a user's connections.
    static func agent(
        _ number: UInt64,
        parent: Session?,
        of userID: UserID = StoreSample.user(1),
        connections: [ConnectionID] = []
    ) -> Session {
        let expiry = StoreSample.now + .seconds(86_400)
        return Session(
            id: SessionID(value: Bits128(number)),
            userID: parent?.userID ?? userID,
            clientID: "agent_\(number)",
            scopes: ScopeSet(["mcp:read"]),
            resource: StoreSample.resource,
            connections: connections,
            authenticatedAt: nil,
            absoluteExpiry: expiry,
            idleExpiry: expiry,
            generation: 0,
            rotatedAt: StoreSample.now,
            agent: AgentGrant(
                name: "agent",
                tokenHash: StoreSample.digest("agent \(number)"),
                parent: parent?.id,
                maker: parent?.clientID,
                createdAt: StoreSample.now
            )
        )
    }

    private static func session(
        _ number: UInt64,
        in store: any AuthorizationStore,
        now: Timestamp
    ) async throws -> Session? {
        let hash = StoreSample.digest("agent \(number)")
        let conditions = RefreshConditions(neededUpstreams: [StoreSample.resource: []])
        guard case .used(let session) = try await store.useAgent(hash, under: conditions, now: now).outcome
        else { return nil }
        return session
    }

    static func agents(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        let store = try await makeStore(StoreSettings())
        let parent = try await openSession(1, in: store)
        let (child, own) = (agent(100, parent: parent), agent(101, parent: nil))
        for session in [child, own] {
            let admission = try await store.startAgent(session, now: StoreSample.now).outcome
            try requireEqual(admission, .admitted, "the admission of an agent")
        }
        let use = StoreSample.now + .seconds(60)
        let used = try await session(100, in: store, now: use)
        try requireEqual(used?.agentUsedAt, use, "the time of the first use")
        let again = try await session(100, in: store, now: use + .seconds(60))
        try requireEqual(again?.agentUsedAt, use, "the time of a use within the hour")
        let unknown = try await session(1, in: store, now: use)
        try requireEqual(unknown, nil, "the session of an unknown token")
        let nested = try await store.startAgent(agent(102, parent: child), now: use).outcome
        try requireEqual(nested, .parentEnded, "an agent of an agent")
        _ = try await store.revoke(parent.id).outcome
        let orphan = try await session(100, in: store, now: use)
        try requireEqual(orphan, nil, "the session of an agent whose parent has ended")
        try requireEqual(try await store.session(child.id, now: use), nil, "that session by its id")
        let late = try await store.startAgent(agent(103, parent: parent), now: use).outcome
        try requireEqual(late, .parentEnded, "an agent of an ended session")
        try requireEqual(try await store.sessions(of: parent.userID, now: use).map(\.id), [own.id], "what is left")
        let ended = try await store.end(SessionEnding(sessions: [own.id])).outcome
        try requireEqual(ended, 1, "the number of ended agents")
        let last = try await session(101, in: store, now: use)
        try requireEqual(last, nil, "the session of an ended agent")
    }

    static func agentBound(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.agentsPerUserMax = 2
        let store = try await makeStore(settings)
        var outcomes: [AgentAdmission] = []
        for number in UInt64(1)...3 {
            outcomes.append(try await store.startAgent(agent(number, parent: nil), now: StoreSample.now).outcome)
        }
        try requireEqual(outcomes, [.admitted, .admitted, .full], "the admissions of three agents")
        _ = try await store.revoke(SessionID(value: 1)).outcome
        let next = try await store.startAgent(agent(4, parent: nil), now: StoreSample.now).outcome
        try requireEqual(next, .admitted, "an agent after another has ended")
    }

    static func deadAgents(_ makeStore: StoreFactory<any AuthorizationStore>) async throws {
        var settings = StoreSettings()
        settings.limits.sessionsMax = 4
        let store = try await makeStore(settings)
        for number in UInt64(1)...10 {
            let expiry = StoreSample.now + .seconds(3600)
            let parent = Session(
                id: SessionID(value: Bits128(number)),
                userID: StoreSample.user(1),
                clientID: StoreSample.clientID,
                scopes: StoreSample.scopes,
                resource: StoreSample.resource,
                connections: [],
                authenticatedAt: nil,
                absoluteExpiry: expiry,
                idleExpiry: expiry,
                generation: 0,
                rotatedAt: StoreSample.now
            )
            let began = try await store.start(parent, now: StoreSample.now).outcome
            try requireEqual(began, .admitted, "session \(number)")
            let child = agent(number + 100, parent: parent)
            let admission = try await store.startAgent(child, now: StoreSample.now).outcome
            try requireEqual(admission, .admitted, "the agent of session \(number)")
            _ = try await store.revoke(parent.id).outcome
        }
    }
}
