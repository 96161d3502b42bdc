package import DurableLog
package import Logging
package import OAuthState
package import ServerConfiguration

/// A database in which nodes keep their state, in a program that is linked with its client.
package protocol DatabaseEngine: Sendable {
    /// Opens the state, and makes the tables that are missing.
    func open(
        _ database: ConfiguredDatabase,
        _ settings: StoreSettings,
        logger: Logger
    ) async throws -> any StateStorage
    /// Whether the state may be opened later although it was not opened now: the database was away, or too slow.
    func isTemporary(_ failure: any Error) -> Bool
    /// Makes the tables that are missing; returns the versions of the schema that were made.
    func migrate(_ database: ConfiguredDatabase, logger: Logger) async throws -> [Int64]
    /// Writes a server's whole state into the database, which has none.
    func write(_ memory: MemoryStores, to database: ConfiguredDatabase, logger: Logger) async throws
    /// Reads a server's whole state from the database into these stores, which are empty.
    func read(_ database: ConfiguredDatabase, into memory: MemoryStores, logger: Logger) async throws
    /// The version of the tables, and the newest that the program knows.
    func versions(_ database: ConfiguredDatabase, logger: Logger) async throws -> DatabaseVersions
}

/// Versions of a schema.
package struct DatabaseVersions: Hashable, Sendable {
    /// That of the database; 0 when it has no tables.
    package let found: Int64
    /// The newest that the program knows.
    package let known: Int64

    /// The two versions.
    package init(found: Int64, known: Int64) {
        self.found = found
        self.known = known
    }
}

/// What the program was linked with.
package enum DatabaseEngines {
    /// The engine of `storage.postgresql`; nil in the program for one node.
    @TaskLocal package static var current: (any DatabaseEngine)?
}

/// The database of a configuration, with its secrets.
package struct ConfiguredDatabase: Sendable {
    /// Where it is.
    package let configuration: Configuration.PostgreSQL
    /// The password of its user.
    package let password: String?
    /// The key that seals its rows.
    package let key: StorageKey

    /// The database of a configuration whose secrets were read; nil when the state is not in a database.
    package init?(_ storage: Configuration.Storage) throws {
        guard let configuration = storage.postgresql else { return nil }
        guard let key = storage.encryptionKey?.value else {
            throw HostError(description: "storage.postgresql needs storage.encryption_key")
        }
        self.configuration = configuration
        self.key = try StorageKey(contents: key.bytes)
        password = configuration.password?.value?.text
    }

    /// The database at an address, without a configuration of a server.
    package init(_ configuration: Configuration.PostgreSQL, password: String?, key: StorageKey) {
        self.configuration = configuration
        self.password = password
        self.key = key
    }

    /// The engine, and the database; nil when the state is not in a database.
    ///
    /// - Throws: ``HostError`` in the program for one node.
    package static func engine(
        for storage: Configuration.Storage
    ) throws -> (engine: any DatabaseEngine, database: ConfiguredDatabase)? {
        guard let database = try ConfiguredDatabase(storage) else { return nil }
        guard let engine = DatabaseEngines.current else {
            throw HostError(
                description: "storage.postgresql needs the program gatehouse-postgresql; this one is for one node"
            )
        }
        return (engine, database)
    }
}
