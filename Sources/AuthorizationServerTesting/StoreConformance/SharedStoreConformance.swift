import OAuthProtocol
package import OAuthState

/// Stores that know of each other: what the vault notes decides about the refresh of a session.
package struct SharedStores: Sendable {
    /// Logins, codes and sessions.
    package let authorization: any AuthorizationStore
    /// Users and connections.
    package let vault: any VaultStore

    /// The two halves of one place.
    package init(authorization: any AuthorizationStore, vault: any VaultStore) {
        self.authorization = authorization
        self.vault = vault
    }
}

/// What an `AuthorizationStore` and a `VaultStore` that belong together must do (VR-9).
package enum SharedStoreConformance {
    /// A rule about two stores that belong together.
    package typealias Rule = ConformanceRule<SharedStores>

    /// Every rule.
    package static let rules: [Rule] = [
        Rule("VR-9: a session ends at its refresh when the provider of a needed connection ended it", needed),
        Rule("VR-9: a connection that is not needed, or trouble that may pass, ends nothing", notNeeded),
        Rule("VR-9: a connection that was mended, or disconnected, ends nothing", mended),
        Rule(
            "VR-9: an agent ends at its use when the provider of a connection that its session needs ended it",
            agents
        ),
        Rule("D-29: another client's use ends nothing although the connection has ended", foreign),
        Rule("UP-4: a session and an agent with a refused connection end at their next use, and no others", refused),
    ]

    private static func scene(
        _ makeStores: StoreFactory<SharedStores>
    ) async throws -> (stores: SharedStores, session: Session, connection: Connection) {
        let stores = try await makeStores(StoreSettings())
        let user = try await VaultStoreConformance.user(StoreSample.login("alice"), candidate: 1, in: stores.vault)
        let connection = try await VaultStoreConformance.connect(StoreSample.draft(user), in: stores.vault)
        var grant = StoreSample.grant(1)
        grant.userID = user
        grant.connections = [connection.id]
        let code = StoreSample.digest("code")
        _ = try await stores.authorization.issueCode(code, for: grant, now: StoreSample.now).outcome
        let redeemed = try await stores.authorization.redeem(StoreSample.redemption("code"), now: StoreSample.now)
        guard case .redeemed(let session, _) = try await redeemed.outcome else {
            throw Deviation(text: "a right redemption was refused")
        }
        return (stores, session, connection)
    }

    private static func refresh(
        _ stores: SharedStores,
        needing upstreams: Set<String>,
        refusing refused: Set<ConnectionID> = [],
        generation: UInt32 = 1,
        by clientID: String = StoreSample.clientID
    ) async throws -> RotationOutcome {
        var use = StoreSample.use(generation: generation)
        use.clientID = clientID
        let conditions = RefreshConditions(
            neededUpstreams: [StoreSample.resource: upstreams],
            refusedConnections: refused
        )
        return try await stores.authorization.rotate(use, under: conditions, now: StoreSample.now).outcome
    }

    private static func end(_ connection: Connection, in stores: SharedStores) async throws {
        let marked = try await stores.vault.mark(
            connection.id,
            version: connection.version,
            .reauthorizationRequired,
            reason: "invalid_grant"
        ).outcome
        try requireEqual(marked, true, "the mark of a connection that ended")
    }

    static func needed(_ makeStores: StoreFactory<SharedStores>) async throws {
        let (stores, session, connection) = try await scene(makeStores)
        try await end(connection, in: stores)
        let needing: Set = [connection.upstream]
        let outcome = try await refresh(stores, needing: needing)
        try requireEqual(outcome, .upstreamEnded(session, connection.id), "a refresh after the end")
        try requireEqual(try await refresh(stores, needing: needing), .unknown, "the next one")
        let kept = try await stores.authorization.session(session.id, now: StoreSample.now)
        try requireEqual(kept, nil, "the session")
    }

    static func notNeeded(_ makeStores: StoreFactory<SharedStores>) async throws {
        let (stores, _, connection) = try await scene(makeStores)
        let passing = try await stores.vault.mark(
            connection.id,
            version: connection.version,
            .expiring,
            reason: "reported_invalid"
        )
        try requireEqual(try await passing.outcome, true, "the mark of trouble that may pass")
        let first = try await refresh(stores, needing: [connection.upstream])
        guard case .rotated = first else { throw Deviation(text: "a refresh in passing trouble came to \(first)") }
        try await end(connection, in: stores)
        let second = try await refresh(stores, needing: ["another"], generation: 2)
        guard case .rotated = second else { throw Deviation(text: "a refresh that needs it not came to \(second)") }
    }

    static func mended(_ makeStores: StoreFactory<SharedStores>) async throws {
        let (stores, _, connection) = try await scene(makeStores)
        try await end(connection, in: stores)
        let again = try await VaultStoreConformance.connect(
            StoreSample.draft(connection.userID),
            candidate: 2,
            in: stores.vault
        )
        let first = try await refresh(stores, needing: [connection.upstream])
        guard case .rotated = first else { throw Deviation(text: "a refresh after mending came to \(first)") }
        try await end(again, in: stores)
        _ = try await stores.vault.disconnect(again.id).outcome
        let second = try await refresh(stores, needing: [connection.upstream], generation: 2)
        guard case .rotated = second else { throw Deviation(text: "a refresh after disconnection came to \(second)") }
    }

    static func agents(_ makeStores: StoreFactory<SharedStores>) async throws {
        let (stores, session, connection) = try await scene(makeStores)
        let own = AuthorizationStoreConformance.agent(
            100,
            parent: nil,
            of: session.userID,
            connections: [connection.id]
        )
        let child = AuthorizationStoreConformance.agent(101, parent: session)
        let other = AuthorizationStoreConformance.agent(102, parent: nil, of: session.userID)
        for agent in [own, child, other] {
            let admission = try await stores.authorization.startAgent(agent, now: StoreSample.now).outcome
            try requireEqual(admission, .admitted, "the admission of an agent")
            try await requireUse(of: agent, needing: [connection.upstream], in: stores)
        }
        try await end(connection, in: stores)
        for agent in [own, child] {
            try await requireUse(of: agent, needing: ["another"], in: stores)
            let outcome = try await use(agent, needing: [connection.upstream], in: stores)
            guard case .upstreamEnded(let ended, connection.id) = outcome, ended.id == agent.id else {
                throw Deviation(text: "the use of an agent after the end came to \(outcome)")
            }
            let next = try await use(agent, needing: [connection.upstream], in: stores)
            try requireEqual(next, .unknown, "the next use")
            let kept = try await stores.authorization.session(agent.id, now: StoreSample.now)
            try requireEqual(kept, nil, "the session of the agent")
        }
        try await requireUse(of: other, needing: [connection.upstream], in: stores)
        let parent = try await stores.authorization.session(session.id, now: StoreSample.now)
        try requireEqual(parent, session, "the session that made an agent")
    }

    static func refused(_ makeStores: StoreFactory<SharedStores>) async throws {
        let (stores, session, connection) = try await scene(makeStores)
        let child = AuthorizationStoreConformance.agent(100, parent: session)
        let other = AuthorizationStoreConformance.agent(101, parent: nil, of: session.userID)
        for agent in [child, other] {
            let admission = try await stores.authorization.startAgent(agent, now: StoreSample.now).outcome
            try requireEqual(admission, .admitted, "the admission of an agent")
        }
        let stranger = try await refresh(stores, needing: [], refusing: [connection.id], by: "dcr_attacker")
        try requireEqual(stranger, .wrongClient, "another client's use")
        let unrelated = try await refresh(stores, needing: [], refusing: [ConnectionID(value: 99)])
        guard case .rotated(let rotated) = unrelated else {
            throw Deviation(text: "a refresh under a condition about another connection came to \(unrelated)")
        }
        let ended = try await use(child, needing: [], refusing: [connection.id], in: stores)
        guard case .upstreamEnded(let endedAgent, connection.id) = ended, endedAgent.id == child.id else {
            throw Deviation(text: "the use of an agent whose parent has a refused connection came to \(ended)")
        }
        guard case .used = try await use(other, needing: [], refusing: [connection.id], in: stores) else {
            throw Deviation(text: "an agent without the refused connection has ended")
        }
        let outcome = try await refresh(stores, needing: [], refusing: [connection.id], generation: 2)
        try requireEqual(outcome, .upstreamEnded(rotated, connection.id), "a refresh with a refused connection")
        try requireEqual(try await refresh(stores, needing: [], generation: 2), .unknown, "the next one")
        let kept = try await stores.authorization.session(session.id, now: StoreSample.now)
        try requireEqual(kept, nil, "the session")
    }

    private static func use(
        _ agent: Session,
        needing upstreams: Set<String>,
        refusing refused: Set<ConnectionID> = [],
        in stores: SharedStores
    ) async throws -> AgentUse {
        guard let tokenHash = agent.agent?.tokenHash else { throw Deviation(text: "the session is not an agent's") }
        let conditions = RefreshConditions(
            neededUpstreams: [StoreSample.resource: upstreams],
            refusedConnections: refused
        )
        return try await stores.authorization.useAgent(tokenHash, under: conditions, now: StoreSample.now).outcome
    }

    private static func requireUse(
        of agent: Session,
        needing upstreams: Set<String>,
        in stores: SharedStores
    ) async throws {
        let outcome = try await use(agent, needing: upstreams, in: stores)
        guard case .used = outcome else { throw Deviation(text: "the use of an agent came to \(outcome)") }
    }

    static func foreign(_ makeStores: StoreFactory<SharedStores>) async throws {
        let (stores, session, connection) = try await scene(makeStores)
        try await end(connection, in: stores)
        let outcome = try await refresh(stores, needing: [connection.upstream], by: "dcr_attacker")
        try requireEqual(outcome, .wrongClient, "another client's use")
        let kept = try await stores.authorization.session(session.id, now: StoreSample.now)
        try requireEqual(kept, session, "the session")
    }
}
