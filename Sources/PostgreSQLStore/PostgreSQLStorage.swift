package import DurableLog
package import Logging
package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto
package import PostgreSQLClient

/// The state of any number of nodes in one PostgreSQL database.
package struct PostgreSQLStorage: StateStorage {
    /// The stores.
    package let stores: Stores
    private let client: PostgreSQLClient
    private let nodes: LivingNodes

    /// Reaches the database, makes the tables that are missing, and refuses tables that this node must not use.
    ///
    /// - Parameters:
    ///   - settings: Bounds, lifetimes and configured clients.
    ///   - clientSettings: How the database is reached.
    ///   - key: The storage key, the same on every node.
    ///   - random: The source of this process's salt.
    ///   - now: The current time.
    ///   - logger: The log.
    /// - Throws: ``SchemaError``, ``StorageKeyMismatch``, ``StorageCopyError``, `StoreError` when the database cannot
    ///   be reached, and `CryptoError`.
    package init(
        _ settings: StoreSettings,
        client clientSettings: ClientSettings,
        key: StorageKey,
        random: any RandomSource,
        now: Timestamp,
        logger: Logger
    ) async throws {
        try await Self.prepareTables(clientSettings, now: now, logger: logger)
        let seal = try RowSeal(key: key, random: random)
        let client = try PostgreSQLClient(clientSettings, logger: logger)
        let place = StorePlace(
            database: PostgreSQLDatabase(client),
            opener: RowOpener(seal: seal, logger: logger),
            settings: settings
        )
        do {
            try await Self.compareKeys(place)
            try await CopyMark.requireWhole(place.database)
            try await PostgreSQLEndings(place).prepare()
        } catch {
            await client.shutdown()
            throw error
        }
        self.client = client
        nodes = LivingNodes(database: place.database, random: random)
        stores = Self.stores(place, client, nodes)
    }

    private static func stores(_ place: StorePlace, _ client: PostgreSQLClient, _ nodes: LivingNodes) -> Stores {
        let clients = PostgreSQLClients(place)
        let sessions = PostgreSQLSessions(place)
        let vault = PostgreSQLVault(place)
        let keys = PostgreSQLKeys(place)
        let replay = PostgreSQLReplay(place)
        let devices = PostgreSQLDevices(place)
        let (endings, streams) = (PostgreSQLEndings(place), PostgreSQLStreams(place))
        return Stores(
            clients: clients,
            sessions: sessions,
            vault: vault,
            keys: keys,
            replay: replay,
            devices: devices,
            upkeep: PostgreSQLUpkeep(
                place: place,
                client: client,
                tables: PostgreSQLUpkeep.Tables(
                    clients: clients,
                    sessions: sessions,
                    vault: vault,
                    keys: keys,
                    replay: replay,
                    devices: devices,
                    endings: endings,
                    streams: streams
                ),
                nodes: nodes
            ),
            administration: Stores.Administration(
                listing: PostgreSQLListing(
                    sessions: sessions,
                    vault: vault,
                    clients: clients,
                    policy: place.settings.sessions
                ),
                blocks: PostgreSQLBlocks(place),
                keys: keys
            ),
            signals: Stores.Signals(endings: endings, streams: streams)
        )
    }

    /// Makes the tables, over a connection of its own whose statements may take long.
    package static func prepareTables(
        _ settings: ClientSettings,
        now: Timestamp,
        logger: Logger
    ) async throws {
        let client = try PostgreSQLClient(settings.forMigrations, logger: logger)
        do {
            let made = try await SchemaMigrator(database: PostgreSQLDatabase(client)).migrate(now: now)
            if let last = made.last {
                logger.notice("The tables of the database were changed", metadata: ["version": "\(last)"])
            }
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    /// A row that the first node sealed must open, or nothing of the others would.
    static func compareKeys(_ place: StorePlace) async throws {
        let (table, name) = ("storage_marks", "key")
        let identity = Array(name.utf8)
        let mark = try place.seal.seal(Array("gatehouse".utf8), table: table, identity: identity)
        let results = try await place.database.run([
            SQLCall(addMark, [.text(name), .bytes(mark)]), SQLCall(readMark, [.text(name)]),
        ])
        guard let row = results.last?.first else { throw StoreError.unavailable }
        let body = try row.bytes(0)
        do throws(StoreError) {
            _ = try place.seal.open(body, table: table, identity: identity)
        } catch {
            throw StorageKeyMismatch()
        }
    }

    private static let addMark = SQLStatement(
        "INSERT INTO storage_marks (name, body) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
    )
    private static let readMark = SQLStatement("SELECT body FROM storage_marks WHERE name = $1")

    /// How many transactions this node has asked the database for: each is one round trip.
    package var transactionCount: Int { client.transactionCount }

    package var requiresSnapshot: Bool { false }

    package var awaitsSnapshot: Bool { false }

    package func writeSnapshot(now: Timestamp) async throws {}

    package func close() async throws {
        // A node that cannot say so, because the database is away, is no longer counted after some seconds.
        try? await nodes.leave()
        await client.shutdown()
    }
}

/// The rows of the database were sealed under another storage key.
package struct StorageKeyMismatch: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sentence for the operator.
    package var description: String {
        "the database was written under another storage.encryption_key; every node needs the same one"
    }
}

extension ClientSettings {
    /// The same database for changes of tables: one connection whose statements may take ten minutes.
    package var forMigrations: ClientSettings {
        var settings = self
        settings.connectionCount = 1
        settings.statementTimeout = .seconds(600)
        settings.answerTimeout = .seconds(660)
        return settings
    }
}
