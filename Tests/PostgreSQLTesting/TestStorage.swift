package import DurableLog
package import Logging
import OAuthProtocol
package import OAuthState
import OpenSSLCrypto
package import PostgreSQLClient
package import PostgreSQLStore

/// Storage in a schema of its own.
package enum TestStorage {
    /// The storage key of tests.
    package static func key() throws -> StorageKey { try StorageKey(bytes: Array(1...32)) }

    /// Empty storage with these settings.
    package static func make(
        _ settings: StoreSettings = StoreSettings(),
        in cluster: PostgreSQLCluster? = nil,
        logger: Logger = .silent,
        configure: (inout ClientSettings) -> Void = { _ in }
    ) async throws -> PostgreSQLStorage {
        let database = try await TestDatabase(in: cluster, configure: configure)
        let storage = try await open(database.settings, settings, logger: logger)
        await database.client.shutdown()
        return storage
    }

    /// The storage that is there, as another node opens it.
    package static func open(
        _ client: ClientSettings,
        _ settings: StoreSettings = StoreSettings(),
        key: StorageKey? = nil,
        logger: Logger = .silent
    ) async throws -> PostgreSQLStorage {
        let key = if let key { key } else { try Self.key() }
        return try await PostgreSQLStorage(
            settings,
            client: client,
            key: key,
            random: SystemRandomSource(),
            now: Timestamp(secondsSinceEpoch: 0),
            logger: logger
        )
    }
}
