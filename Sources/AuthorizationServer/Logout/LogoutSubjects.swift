import OAuthProtocol
package import OAuthState
import UpstreamIdentity

/// OpenID Connect Back-Channel Logout 1.0 §2.7: finds what a logout token names among our sessions and connections.
///
/// The tables are looked through in O(1) copies, outside the actors and off the event loops.
package struct LogoutSubjects: Sendable {
    private let sessions: AuthorizationSessions
    private let vault: TokenVault

    /// Looks in these stores.
    package init(sessions: AuthorizationSessions, vault: TokenVault) {
        self.sessions = sessions
        self.vault = vault
    }

    /// What a logout ends.
    package struct Named: Sendable {
        /// Our sessions, and what is about to become them.
        package var ending = SessionEnding()
        /// Connections whose tokens came from what ended.
        package var connections: [Connection] = []
    }

    /// What a token names; everything of the account when it names no session.
    func named(by token: LogoutToken, at provider: UpstreamProvider, now: Timestamp) async -> Named {
        if let subject = token.subject {
            let identity = IdentityKey(namespace: provider.identityNamespace, subject: subject)
            guard let userID = await vault.userID(of: identity) else { return Named() }
            let connection = await vault.connections(of: userID).first {
                $0.upstream.hasSameBytes(as: provider.name) && $0.account.hasSameBytes(as: subject)
            }
            // A provider that told no `sid` at the login cannot mean one of our sessions by it: all of the account's end.
            if let sid = token.sessionID, let connection, !connection.providerSessions.isEmpty {
                return Self.named(by: sid, in: [connection])
            }
            return await all(of: userID, connection)
        }
        guard let sid = token.sessionID else { return Named() }
        let connections = await vault.allConnections()
        let name = provider.name
        // On the global pool: a million rows would hold up the event loop that the request came on.
        return await Task(executorPreference: globalConcurrentExecutor) {
            Self.named(by: sid, in: connections.lazy.filter { $0.upstream.hasSameBytes(as: name) })
        }.value
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

    private func all(of userID: UserID, _ connection: Connection?) async -> Named {
        let known = Set(await vault.connections(of: userID).map(\.id))
        let rows = await sessions.allSessions()
        // On the global pool, for the same reason.
        let found = await Task(executorPreference: globalConcurrentExecutor) {
            rows.lazy.filter { session in
                // A session whose connection was erased since may have come from this account too.
                session.userID == userID
                    && session.connections.contains { $0 == connection?.id || !known.contains($0) }
            }.map(\.id)
                .reduce(into: Set<SessionID>()) { $0.insert($1) }
        }.value
        return Named(
            ending: SessionEnding(sessions: found, userID: userID, connections: Set(connection.map { [$0.id] } ?? [])),
            connections: connection.map { [$0] } ?? []
        )
    }
}
