package import OAuthProtocol
package import OAuthState
import UpstreamIdentity

/// OpenID Connect Back-Channel Logout 1.0 §2.7: finds the sessions and connections that a logout token names.
///
/// By the stores' indexes: the cost is proportional to the result, however many sessions and connections there are.
package struct LogoutSubjects: Sendable {
    private let sessions: any SessionStore
    private let vault: any VaultStore

    /// Looks in these stores.
    package init(sessions: any SessionStore, vault: any VaultStore) {
        self.sessions = sessions
        self.vault = vault
    }

    /// The sessions and connections that a logout ends.
    package struct Named: Sendable {
        /// Our sessions, and logins that are about to become sessions.
        package var ending = SessionEnding()
        /// Connections whose tokens came from the ended sessions.
        package var connections: [Connection] = []
        /// Users whose browser logins end: those of the connections, and the one who logs in with the account.
        package var users: Set<UserID> = []
    }

    /// What a token names; everything of the account when it names no session.
    ///
    /// An account is found by its connections, of any user and in any leg of a login, and by the identity of
    /// the user who logs in with it, because the connection may have been erased since while its sessions remain.
    func named(by token: LogoutToken, at provider: UpstreamProvider, now: Timestamp) async throws(StoreError) -> Named {
        guard token.subject != nil || token.sessionID != nil else { return Named() }
        let (subject, sid, name) = (token.subject, token.sessionID, provider.name)
        var owner: UserID?
        if let subject {
            owner = try await vault.userID(of: IdentityKey(namespace: provider.identityNamespace, subject: subject))
        }
        let connections: [Connection]
        if let subject {
            connections = try await vault.connections(ofAccount: subject, at: name)
        } else if let sid {
            connections = try await vault.connections(ofProviderSession: sid, at: name)
        } else {
            connections = []
        }
        // A browser login names no session of the provider, so that each of a user's may be the one that ended there.
        let users = Set(connections.map(\.userID)).union(owner.map { [$0] } ?? [])
        var named = try await ended(by: sid, subject, owner, connections, now: now)
        named.users = users
        return named
    }

    private func ended(
        by sid: String?,
        _ subject: String?,
        _ owner: UserID?,
        _ connections: [Connection],
        now: Timestamp
    ) async throws(StoreError) -> Named {
        guard let sid else { return try await all(of: connections, owner, now: now) }
        guard subject != nil else { return Self.named(by: sid, in: connections) }
        // A provider that sent no `sid` at the login cannot name one of our sessions by it, so all of the account's
        // end.
        let whole = connections.filter(\.providerSessions.isEmpty)
        var named = Self.named(by: sid, in: connections)
        if connections.isEmpty || !whole.isEmpty {
            named.formUnion(try await all(of: whole, connections.isEmpty ? owner : nil, now: now))
        }
        return named
    }

    private static func named(by sid: String, in connections: some Sequence<Connection>) -> Named {
        var named = Named()
        for connection in connections {
            let matching = connection.providerSessions.filter { $0.id.hasSameBytes(as: sid) }
            guard !matching.isEmpty else { continue }
            named.ending.sessions.formUnion(matching.map(\.sessionID))
            // Tokens of a later login belong to another session at the provider and stay.
            if connection.providerSessions.last?.id.hasSameBytes(as: sid) ?? false {
                named.connections.append(connection)
            }
        }
        return named
    }

    /// Everything that depends on these connections, and what remains of erased ones for a user who logs in with the
    /// account.
    private func all(of connections: [Connection], _ owner: UserID?, now: Timestamp) async throws(StoreError) -> Named {
        let ended = Set(connections.map(\.id))
        var known: Set<ConnectionID> = []
        if let owner { known = Set(try await vault.connections(of: owner).map(\.id)) }
        var named: Set<SessionID> = []
        for userID in Set(connections.map(\.userID)).union(owner.map { [$0] } ?? []) {
            let found = try await sessions.sessions(of: userID, now: now).lazy.filter { session in
                session.connections.contains { connection in
                    ended.contains(connection) || (userID == owner && !known.contains(connection))
                }
            }
            named.formUnion(found.map(\.id))
        }
        // Logins that are not sessions yet are found by the provider's own sessions.
        named.formUnion(connections.lazy.flatMap(\.providerSessions).map(\.sessionID))
        return Named(ending: SessionEnding(sessions: named, connections: ended), connections: connections)
    }
}

extension LogoutSubjects.Named {
    fileprivate mutating func formUnion(_ other: Self) {
        ending.sessions.formUnion(other.ending.sessions)
        ending.connections.formUnion(other.ending.connections)
        connections += other.connections
    }
}
