package import DurableLog
package import Logging
package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto
package import PostgreSQLClient

extension PostgreSQLStorage {
    /// Runs a copy from or to the database; the tables that are missing are made before.
    ///
    /// - Parameters:
    ///   - clientSettings: How the database is reached.
    ///   - key: The storage key of the database's rows.
    ///   - random: The source of this process's salt.
    ///   - now: The current time.
    ///   - logger: The log.
    ///   - body: Reads or writes.
    /// - Throws: ``SchemaError``, ``StorageKeyMismatch``, ``StorageCopyError``, and `StoreError`.
    package static func withCopy(
        client clientSettings: ClientSettings,
        key: StorageKey,
        random: any RandomSource,
        now: Timestamp,
        logger: Logger,
        _ body: (StorageCopy) async throws -> Void
    ) async throws {
        try await prepareTables(clientSettings, now: now, logger: logger)
        let seal = try RowSeal(key: key, random: random)
        let client = try PostgreSQLClient(clientSettings.forMigrations, logger: logger)
        do {
            let place = StorePlace(
                database: PostgreSQLDatabase(client),
                opener: RowOpener(seal: seal, logger: logger),
                settings: StoreSettings()
            )
            try await compareKeys(place)
            try await body(StorageCopy(place))
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }
}
