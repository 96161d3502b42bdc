package import OAuthProtocol
package import OAuthState
import PostgreSQLClient
import Synchronization

/// Expiry, counts and availability of all stores of a database.
///
/// Every node sweeps once a second. Rows that another node is dropping are left alone, so nodes do not wait for each
/// other, and none has to be there for rows to be dropped.
package final class PostgreSQLUpkeep: StoreUpkeep {
    /// The stores whose rows expire, or are counted.
    package struct Tables: Sendable {
        let clients: PostgreSQLClients
        let sessions: PostgreSQLSessions
        let vault: PostgreSQLVault
        let keys: PostgreSQLKeys
        let replay: PostgreSQLReplay
        let devices: PostgreSQLDevices
        let endings: PostgreSQLEndings
        let streams: PostgreSQLStreams
    }

    private let place: StorePlace
    private let client: PostgreSQLClient
    private let tables: Tables
    private let nodes: LivingNodes
    private let state = Mutex(State())

    private struct State {
        /// Whether the last sweep got an answer.
        var isAnswered = true
        var sweptAt = Timestamp(millisecondsSinceEpoch: 0)
    }

    /// The upkeep of these stores, which are of one place.
    init(place: StorePlace, client: PostgreSQLClient, tables: Tables, nodes: LivingNodes) {
        self.place = place
        self.client = client
        self.tables = tables
        self.nodes = nodes
    }

    /// Whether there is a connection, and the database answered when it was asked last, about a second ago.
    package var isAvailable: Bool { client.isConnected && state.withLock { $0.isAnswered } }

    package var unavailability: String { "database_unavailable" }

    package var nodeCount: Int { nodes.count }

    package func sweep(now: Timestamp, limit: Int) async {
        state.withLock { $0.sweptAt = now }
        do throws(StoreError) {
            // First, because others wait for it: a change of the keys is known within a second.
            try await tables.keys.poll()
            try await nodes.noteIfDue(now: now)
            note(isAnswered: true)
        } catch {
            note(isAnswered: false)
            return
        }
        await place.reversals.retry()
        await dropExpired(now: now, limit: limit)
        await tables.clients.sweep(now: now, limit: limit)
        await tables.replay.sweep(now: now, limit: limit)
        await tables.vault.sweep(now: now, limit: limit)
    }

    private func dropExpired(now: Timestamp, limit: Int) async {
        do throws(StoreError) {
            let calls =
                tables.sessions.sweepCalls(now: now, limit: limit)
                + tables.devices.sweepCalls(now: now, limit: limit)
                + tables.endings.sweepCalls(now: now, limit: limit)
                + tables.streams.sweepCalls(now: now, limit: limit)
            // A transaction for each, so that a conflict with another one repeats only this.
            // Quiet, because a session that has expired needs no event: its tokens have expired, too.
            for call in calls { _ = try await place.database.run([PostgreSQLEndings.quiet, call]) }
            try await place.counts.refresh(now: now)
        } catch {
            // Nothing is lost: what was not dropped is expired all the same, and dropped in a later turn.
        }
    }

    private func note(isAnswered: Bool) {
        state.withLock { $0.isAnswered = isAnswered }
    }

    package func counts() async throws(StoreError) -> StoreCounts {
        var counts = try await place.counts.present(now: state.withLock { $0.sweptAt })
        let vault = try await tables.vault.counts()
        counts.users = vault.users
        counts.connections = vault.connections
        counts.clients = try await tables.clients.count()
        counts.consumedAssertions = try await tables.replay.count()
        (counts.endings, counts.eventStreams) = try await tables.streams.counts()
        return counts
    }
}
