import OAuthProtocol
import OAuthState

/// Ends sessions for an operator, and writes down each of them.
struct SessionEndings: Sendable {
    let administration: Stores.Administration
    let sessions: any SessionStore
    let vault: any VaultStore
    let audit: AuditTrail

    /// How many sessions end in one change: few enough for a short turn of their store.
    private static let sliceCount = 500

    /// Ends every session that matches, and for a user or an upstream the logins and codes that would become one;
    /// returns the number of sessions.
    ///
    /// Each slice holds before the next begins: after a failure, or a crash, the same request ends the rest.
    @concurrent
    func endAll(
        _ filter: SessionFilter,
        by actor: String,
        context: RequestContext
    ) async throws(OAuthError) -> Int {
        var count = 0
        var after: SessionID?
        while true {
            let slice = try await OAuthError.attempt(
                await administration.listing.sessions(filter, after: after, limit: Self.sliceCount, now: context.now)
            )
            guard let last = slice.last else { break }
            count += try await end(slice, by: actor, context: context)
            after = last.id
        }
        guard filter.clientID == nil, filter.beganBefore == nil else { return count }
        count += try await endLogins(filter)
        return count
    }

    /// Ends what browsers remember of a user, so that a later login begins anew (S-7).
    func endBrowserLogins(of userID: UserID) async throws(OAuthError) {
        _ = try await OAuthError.attempt(await vault.endLogins(of: userID).outcome)
    }

    // Logins in progress and codes have the connections of their user, too. They end after the listed sessions, because
    // this change also ends the session of each code that is still known: it would hide recent sessions from the count
    // and from the audit trail. A session that began while the list was read ends here; it is counted.
    private func endLogins(_ filter: SessionFilter) async throws(OAuthError) -> Int {
        var connections = filter.connections ?? []
        if let userID = filter.userID {
            let own = Set(try await OAuthError.attempt(await vault.connections(of: userID)).map(\.id))
            connections = filter.connections.map { $0.intersection(own) } ?? own
        }
        let ending = SessionEnding(connections: connections)
        return try await OAuthError.attempt(await sessions.end(ending).outcome)
    }

    /// The connections at an upstream.
    @concurrent
    func connections(at upstream: String) async throws(OAuthError) -> Set<ConnectionID> {
        var found: Set<ConnectionID> = []
        var after: ConnectionID?
        while true {
            let slice = try await OAuthError.attempt(
                await vault.connections(after: after, limit: Self.sliceCount)
            )
            guard let last = slice.last else { return found }
            found.formUnion(slice.lazy.filter { $0.upstream == upstream }.map(\.id))
            after = last.id
        }
    }

    /// Ends some sessions; returns how many were still alive.
    func end(_ ended: [Session], by actor: String, context: RequestContext) async throws(OAuthError) -> Int {
        let ending = SessionEnding(sessions: Set(ended.map(\.id)))
        let count = try await OAuthError.attempt(await sessions.end(ending).outcome)
        for session in ended {
            await audit.waitForRoom()
            audit.record(.sessionEnded(session, by: actor), context: context)
        }
        return count
    }
}
