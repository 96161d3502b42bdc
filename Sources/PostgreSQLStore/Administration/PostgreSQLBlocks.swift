package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// The operator's blocks in PostgreSQL.
///
/// Every request asks about blocks, so each node keeps them all, and asks the database once a second whether they are
/// still the present ones: a block holds on every node within a second, and on the node that made it at once.
package struct PostgreSQLBlocks: BlockStore {
    private let place: StorePlace
    private let cache = BlockCache()

    private static let table = "blocks"
    /// The most blocks.
    private static var countMax: Int64 { 10_000 }

    /// The store in a database that has the present schema.
    package init(_ place: StorePlace) {
        self.place = place
    }

    private var database: any SQLDatabase { place.database }
    private var seal: RowSeal { place.seal }

    // MARK: - Changes

    // All changes wait for this row; they are an operator's, and rare.
    private static let lock = SQLStatement("SELECT 1::bigint FROM block_lists WHERE id = 1 FOR UPDATE")
    private static let insert = SQLStatement(
        """
        INSERT INTO blocks (key, body, since)
        SELECT $1, $2, $3 FROM block_lists WHERE id = 1 AND block_count < $4
        ON CONFLICT (key) DO NOTHING
        RETURNING 1::bigint
        """
    )
    private static let delete = SQLStatement("DELETE FROM blocks WHERE key = $1 RETURNING 1::bigint")
    private static let isKnown = SQLStatement("SELECT 1::bigint FROM blocks WHERE key = $1")
    // Counted anew: there are few, and a number that is adjusted could become wrong.
    private static let note = SQLStatement(
        """
        UPDATE block_lists SET block_count = (SELECT count(*) FROM blocks), changes = changes + 1
        WHERE id = 1 AND block_count <> (SELECT count(*) FROM blocks)
        """
    )

    package func block(_ party: BlockedParty, now: Timestamp) async throws(StoreError) -> Receipt<BlockOutcome> {
        // Also after a failure, because the change may hold.
        defer { cache.forget() }
        let key = key(of: party)
        let body = try seal.seal(Block(party: party, since: now), table: Self.table, identity: key)
        let results = try await database.run([
            SQLCall(Self.lock),
            SQLCall(Self.insert, [.bytes(key), .bytes(body), .time(now), .integer(Self.countMax)]),
            SQLCall(Self.isKnown, [.bytes(key)]),
            SQLCall(Self.note),
        ])
        guard results.count == 4 else { throw .unavailable }
        guard results[1].isEmpty else { return Receipt(.blocked) }
        return Receipt(results[2].isEmpty ? .full : .already)
    }

    package func unblock(_ party: BlockedParty) async throws(StoreError) -> Receipt<Bool> {
        defer { cache.forget() }
        let results = try await database.run([
            SQLCall(Self.lock), SQLCall(Self.delete, [.bytes(key(of: party))]), SQLCall(Self.note),
        ])
        guard results.count == 3 else { throw .unavailable }
        return Receipt(!results[1].isEmpty)
    }

    private func key(of party: BlockedParty) -> [UInt8] {
        seal.index([party.kind, party.value], table: Self.table).bytes
    }

    // MARK: - Queries

    private static let all = SQLStatement(
        """
        SELECT l.changes, b.key, b.body FROM block_lists l LEFT JOIN blocks b ON true
        WHERE l.id = 1 AND l.changes <> $1
        """
    )

    package func hasBlocks() async throws(StoreError) -> Bool {
        try await !present().isEmpty
    }

    package func isBlocked(_ party: BlockedParty) async throws(StoreError) -> Bool {
        try await present()[party] != nil
    }

    package func blocks() async throws(StoreError) -> [Block] {
        cache.forget()
        return try await present().map { Block(party: $0.key, since: $0.value) }
            .sorted { ($0.since, $0.party.value) < ($1.since, $1.party.value) }
    }

    /// The blocks as they were a second ago, or later.
    ///
    /// - Throws: ``StoreError`` when it is not known whether the blocks are the present ones.
    private func present() async throws(StoreError) -> [BlockedParty: Timestamp] {
        let state: BlockCache.Snapshot
        switch cache.look() {
        case .fresh(let parties): return parties
        case .stale(let snapshot): state = snapshot
        }
        let rows: [SQLRow]
        do throws(StoreError) {
            rows = try await database.run(Self.all, [.integer(state.changes)])
        } catch {
            cache.failed()
            throw error
        }
        guard let first = rows.first else { return cache.confirm(state) }
        var parties: [BlockedParty: Timestamp] = [:]
        for row in rows where try !row.isNull(1) {
            let block = try place.opener.open(
                Block.self,
                try row.bytes(2),
                table: Self.table,
                identity: try row.bytes(1)
            )
            parties[block.party] = block.since
        }
        return cache.replace(state, changes: try first.integer(0), parties)
    }
}
