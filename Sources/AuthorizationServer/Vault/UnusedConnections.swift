import OAuthProtocol
import OAuthState
import Synchronization

/// RV-2: ends connections with the last session that used them, at the upstreams that are configured so.
///
/// Looks at the sessions of the affected users once per turn for each, so that a client that revokes often costs no
/// more than one that revokes once. A connection stays if another session, or a login in progress, may still use it.
package final class UnusedConnections: Sendable {
    private struct Candidate: Sendable {
        let connection: ConnectionID
        let userID: UserID
        let revokedAt: Timestamp
    }

    private let sessions: any SessionStore
    private let vault: any ConnectionStore
    private let resources: Mutex<ResourceCatalogue>
    private let upstreams: Set<String>
    private let revocations: ProviderRevocations
    private let candidates = Mutex<[Candidate]>([])

    /// The most connections that wait to be checked; beyond it they stay connected, as without the rule.
    static let countMax = 10_000
    /// The cause in the audit trail.
    static let cause = "last_session_revoked"

    init(
        sessions: any SessionStore,
        vault: any ConnectionStore,
        resources: ResourceCatalogue,
        upstreams: Set<String>,
        revocations: ProviderRevocations
    ) {
        self.sessions = sessions
        self.vault = vault
        self.resources = Mutex(resources)
        self.upstreams = upstreams
        self.revocations = revocations
    }

    /// Takes the resources of a configuration that was reloaded.
    func adopt(_ resources: ResourceCatalogue) {
        self.resources.withLock { $0 = resources }
    }

    /// A client has revoked a session.
    func ended(_ session: Session, now: Timestamp) {
        guard !upstreams.isEmpty else { return }
        candidates.withLock { candidates in
            guard candidates.count + session.connections.count <= Self.countMax else { return }
            candidates += session.connections.map {
                Candidate(connection: $0, userID: session.userID, revokedAt: now)
            }
        }
    }

    /// Ends the connections that no session uses any longer.
    func performDue(now: Timestamp) async {
        let due = candidates.withLock { candidates in
            defer { candidates = [] }
            return candidates
        }
        guard !due.isEmpty else { return }
        do throws(StoreError) {
            try await endIdle(among: due, now: now)
        } catch {
            // A failed look-up is repeated in the next turn.
            candidates.withLock { $0 += due }
        }
    }

    private func endIdle(among due: [Candidate], now: Timestamp) async throws(StoreError) {
        // The connections first: a login after this keeps its own.
        var idle: [ConnectionID: Connection] = [:]
        for candidate in due {
            guard let connection = try await vault.connection(candidate.connection),
                upstreams.contains(connection.upstream), connection.obtainedAt <= candidate.revokedAt
            else { continue }
            idle[connection.id] = connection
        }
        guard !idle.isEmpty else { return }
        // The awaited ones before the sessions: a code that is redeemed in between is a session by then.
        let awaited = try await sessions.awaited(among: Set(idle.keys))
        for (userID, connections) in Dictionary(grouping: idle.values, by: \.userID) {
            let remaining = try await sessions.sessions(of: userID, now: now)
            for connection in connections
            where !awaited.contains(connection.id) && !remaining.contains(where: { mayUse($0, connection) }) {
                await end(connection, now: now)
            }
        }
    }

    private func end(_ connection: Connection, now: Timestamp) async {
        do throws(StoreError) {
            let receipt = try await vault.disconnect(connection.id, obtainedAt: connection.obtainedAt)
            guard let erased = try await receipt.outcome else { return }
            revocations.add(erased, cause: Self.cause, now: now)
        } catch {
            // Nothing was erased: it is tried again in the next turn.
            candidates.withLock { candidates in
                candidates.append(
                    Candidate(connection: connection.id, userID: connection.userID, revokedAt: now)
                )
            }
        }
    }

    private func mayUse(_ session: Session, _ connection: Connection) -> Bool {
        if session.connections.contains(connection.id) { return true }
        guard let resource = resources.withLock({ $0.registered(session.resource) }) else { return false }
        return resource.upstreams.contains { $0.hasSameBytes(as: connection.upstream) }
    }
}
