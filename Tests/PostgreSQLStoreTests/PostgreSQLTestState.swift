import AuthorizationServerTesting
import Logging
import OAuthProtocol
import OAuthState
import PostgreSQLStore
import PostgreSQLTesting

/// The state of a test's server in a schema of its own, with `GATEHOUSE_TEST_STORES=postgresql`.
///
/// Found by its name, because the harness does not know PostgreSQL (`StateOfTests`).
enum PostgreSQLTestState: TestStateProvider {
    static func open(_ settings: StoreSettings, logger: Logger) async throws -> any StateStorage {
        let database = try await TestDatabase()
        let storage = try await TestStorage.open(database.settings, settings, logger: logger)
        return RemovedStorage(storage: storage, database: database)
    }

    /// A storage whose tables go with it: a thousand servers' would slow down the cluster.
    private struct RemovedStorage: StateStorage {
        let storage: PostgreSQLStorage
        let database: TestDatabase

        var stores: Stores { storage.stores }
        var requiresSnapshot: Bool { storage.requiresSnapshot }
        var awaitsSnapshot: Bool { storage.awaitsSnapshot }

        func writeSnapshot(now: Timestamp) async throws { try await storage.writeSnapshot(now: now) }

        func close() async throws {
            try await storage.close()
            try await database.drop()
        }
    }
}
