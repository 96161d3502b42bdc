import DurableLog
package import OAuthProtocol
package import OAuthState

/// Copies a whole server's state between a directory's stores and a database.
///
/// Everything that a snapshot has moves, so that no user has to log in again. Logins in progress and codes do not: they
/// live for minutes, and a restart does not keep them either.
package struct StorageCopy: Sendable {
    private let place: StorePlace
    private let clients: PostgreSQLClients
    private let sessions: PostgreSQLSessions
    private let vault: PostgreSQLVault
    private let keys: PostgreSQLKeys
    private let replay: PostgreSQLReplay
    private let blocks: PostgreSQLBlocks
    private let streams: PostgreSQLStreams

    /// How many rows of sessions are written in one transaction.
    private static let batchCount = 500

    /// Copies from and to the tables of this place.
    package init(_ place: StorePlace) {
        self.place = place
        clients = PostgreSQLClients(place)
        sessions = PostgreSQLSessions(place)
        vault = PostgreSQLVault(place)
        keys = PostgreSQLKeys(place)
        replay = PostgreSQLReplay(place)
        blocks = PostgreSQLBlocks(place)
        streams = PostgreSQLStreams(place)
    }

    /// Writes everything that these stores have into the tables, which are empty.
    ///
    /// No node starts on the tables before the copy is whole. One that was interrupted is made again from the
    /// beginning, in empty tables.
    ///
    /// - Throws: ``StorageCopyError``, and `StoreError` when the database fails.
    package func write(_ memory: MemoryStores, now: Timestamp) async throws {
        try await CopyMark.begin(place.database, now: now)
        try await keys.add(Self.changes(of: memory.keys))
        try await clients.add(Self.changes(of: memory.clients))
        try await vault.add(Self.changes(of: memory.vault))
        var rest = try await Self.changes(of: memory.sessions)[...]
        while !rest.isEmpty {
            try await sessions.add(Array(rest.prefix(Self.batchCount)))
            rest = rest.dropFirst(Self.batchCount)
        }
        try await replay.add(Self.changes(of: memory.replay))
        try await blocks.add(Self.changes(of: memory.blocks))
        try await streams.add(Self.changes(of: memory.streams))
        try await CopyMark.end(place.database)
    }

    /// Reads everything that the tables have into these stores, which are empty.
    ///
    /// None of it is journaled: a snapshot must be written afterwards.
    ///
    /// - Throws: ``StorageCopyError``, `StoreError` when the database fails or a row cannot be opened, `RecordError`
    ///   for a row of no known form.
    package func read(into memory: MemoryStores, now: Timestamp) async throws {
        try await CopyMark.requireWhole(place.database)
        try await CopyMark.requireRest(place.database, now: now)
        try await CopyMark.requireRows(place.database)
        try await Self.fill(memory.keys) { body in try await keys.forEachRecord(body) }
        try await Self.fill(memory.clients) { body in try await clients.forEachRecord(body) }
        try await Self.fill(memory.vault) { body in try await vault.forEachRecord(body) }
        try await Self.fill(memory.sessions) { body in try await sessions.forEachRecord(body) }
        try await Self.fill(memory.replay) { body in try await replay.forEachRecord(body) }
        try await Self.fill(memory.blocks) { body in try await blocks.forEachRecord(body) }
        try await Self.fill(memory.streams) { body in try await streams.forEachRecord(body) }
        // A node that was started in the meantime has changed what was read before.
        try await CopyMark.requireRest(place.database, now: now)
    }

    private static func changes<Store: RecordedStore>(of store: Store) async throws -> [Store.Change] {
        var changes: [Store.Change] = []
        try await store.capture().forEachRecord { record in
            var reader = BinaryReader(record)
            guard let kind = RecordKind(rawValue: try reader.integer()) else {
                throw RecordError("a record of a kind that is unknown to this version")
            }
            changes.append(try Store.change(kind, &reader))
        }
        return changes
    }

    private static func fill(
        _ store: some RecordedStore,
        _ forEachRecord: (_ body: ([UInt8]) throws -> Void) async throws -> Void
    ) async throws {
        var bytes: [UInt8] = []
        var records: [Range<Int>] = []
        try await forEachRecord { record in
            records.append(bytes.count..<bytes.count + record.count)
            bytes += record
        }
        let make = try store.changes(in: [RecordBatch(bytes: bytes, records: records)])
        await make()
    }
}
