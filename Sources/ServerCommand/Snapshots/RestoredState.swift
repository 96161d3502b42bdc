import AuthorizationServer
import DurableLog
import GatehouseHosting
import Logging
import OAuthProtocol
import OAuthState

/// The state in a storage directory, opened by a command while no server runs, to end what must not live again.
struct RestoredState {
    let storage: MemoryStorage
    private let now: Timestamp

    /// How many sessions and connections were ended.
    struct Ended: Equatable {
        var sessions = 0
        var connections = 0
    }

    /// Opens the directory.
    init(directory: String, key: StorageKey, now: Timestamp) async throws {
        let store = try DurableStore.open(
            directory: directory,
            key: .configured(key),
            logger: Logger(label: "gatehouse") { _ in SwiftLogNoOpLogHandler() }
        )
        storage = try await MemoryStorage(StoreSettings(), directory: store, journal: store.journal)
        self.now = now
    }

    /// Ends what an audit trail says has ended.
    func end(_ endings: AuditTrailEndings) async throws -> Ended {
        var ended = Ended()
        ended.sessions = try await storage.stores.sessions.end(SessionEnding(sessions: endings.sessions)).outcome
        for id in endings.connections {
            if try await storage.stores.vault.disconnect(id).outcome != nil { ended.connections += 1 }
        }
        return ended
    }

    /// Ends every session; connections stay, so that users log in again without granting anything anew.
    func endAllSessions() async throws -> Int {
        let ids = await storage.memory.sessions.sessionIDs
        return try await storage.stores.sessions.end(SessionEnding(sessions: Set(ids))).outcome
    }

    /// Writes a snapshot of the result and releases the directory.
    func close() async throws {
        try await storage.writeSnapshot(now: now)
        try await storage.close()
    }
}
