import AuthorizationServer
import GatehouseHosting
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import PostgreSQLClient
import PostgreSQLStore
import ServerCommand
import ServerConfiguration

/// Opens the state that a configuration keeps in PostgreSQL.
struct PostgreSQLEngine: DatabaseEngine {
    func open(
        _ database: ConfiguredDatabase,
        _ settings: StoreSettings,
        logger: Logger
    ) async throws -> any StateStorage {
        try await PostgreSQLStorage(
            settings,
            client: ClientSettings(database),
            key: database.key,
            random: SystemRandomSource(),
            now: SystemTimeSource().now(),
            logger: logger
        )
    }

    func isTemporary(_ failure: any Error) -> Bool {
        failure is StoreError || failure as? SchemaError == .failed
    }

    func migrate(_ database: ConfiguredDatabase, logger: Logger) async throws -> [Int64] {
        try await withMigrator(of: database, logger) { migrator in
            try await migrator.migrate(now: SystemTimeSource().now())
        }
    }

    func versions(_ database: ConfiguredDatabase, logger: Logger) async throws -> DatabaseVersions {
        try await withMigrator(of: database, logger) { migrator in
            DatabaseVersions(found: try await migrator.version(), known: migrator.knownVersion)
        }
    }

    func write(_ memory: MemoryStores, to database: ConfiguredDatabase, logger: Logger) async throws {
        let now = SystemTimeSource().now()
        try await withCopy(database, now, logger) { copy in try await copy.write(memory, now: now) }
    }

    func read(_ database: ConfiguredDatabase, into memory: MemoryStores, logger: Logger) async throws {
        let now = SystemTimeSource().now()
        try await withCopy(database, now, logger) { copy in try await copy.read(into: memory, now: now) }
    }

    private func withCopy(
        _ database: ConfiguredDatabase,
        _ now: Timestamp,
        _ logger: Logger,
        _ body: (StorageCopy) async throws -> Void
    ) async throws {
        try await PostgreSQLStorage.withCopy(
            client: ClientSettings(database),
            key: database.key,
            random: SystemRandomSource(),
            now: now,
            logger: logger,
            body
        )
    }

    private func withMigrator<Result>(
        of database: ConfiguredDatabase,
        _ logger: Logger,
        _ body: (SchemaMigrator) async throws -> Result
    ) async throws -> Result {
        let client = try PostgreSQLClient(ClientSettings(database).forMigrations, logger: logger)
        do {
            let result = try await body(SchemaMigrator(database: PostgreSQLDatabase(client)))
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

extension ClientSettings {
    /// How a configured database is reached.
    fileprivate init(_ database: ConfiguredDatabase) {
        self.init(address: database.configuration.url)
        password = database.password
        caFile = database.configuration.caFile ?? TrustAnchors.systemFile()
        connectionCount = database.configuration.connectionCount
    }
}
