package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// RFC 7591: the clients known by registration or by a document, in PostgreSQL.
///
/// The clients of the configuration are with each node, and go before those in the database.
package struct PostgreSQLClients: ClientStore {
    let place: StorePlace
    private let preRegistered: [String: Client]
    let clientBudget = RowBudget()
    let byteBudget = RowBudget()
    private let uses = RecentUses<String>(interval: .seconds(86_400))

    /// The store in a database that has the present schema.
    package init(_ place: StorePlace) {
        self.place = place
        preRegistered = Dictionary(
            place.settings.preRegistered.map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    var database: any SQLDatabase { place.database }
    var seal: RowSeal { place.seal }
    var limits: StoreLimits { place.limits }

    private static let byKey = SQLStatement("SELECT \(ClientRow.columns) FROM clients c WHERE c.key = $1")

    package func client(_ id: String) async throws(StoreError) -> Client? {
        if let client = preRegistered[id] {
            // A dictionary finds a look-alike of canonically equivalent characters under the same key.
            return client.id.hasSameBytes(as: id) ? client : nil
        }
        let row = ClientRow(seal: seal, id: id)
        guard let found = try await database.run(Self.byKey, [.bytes(row.key)]).first else { return nil }
        return try ClientRow.record(found, place.opener).client
    }

    // MARK: - Use

    private static let noteUse = SQLStatement(
        """
        UPDATE clients SET last_used_at = $2
        WHERE key = $1 AND (last_used_at IS NULL OR last_used_at <= $2::bigint - 86400000)
        """
    )

    // Once a day is precise enough.
    package func touch(_ id: String, now: Timestamp) async {
        guard preRegistered[id] == nil, uses.isDue(id, now: now) else { return }
        do throws(StoreError) {
            _ = try await database.run(Self.noteUse, [.bytes(ClientRow(seal: seal, id: id).key), .time(now)])
        } catch {
            // The next use notes it.
            uses.learn(id, usedAt: nil)
        }
    }

    // MARK: - Removal

    private static let delete = SQLStatement("DELETE FROM clients WHERE key = $1 RETURNING 1::bigint")

    package func remove(_ id: String) async throws(StoreError) -> Receipt<Bool> {
        uses.learn(id, usedAt: nil)
        return Receipt(try await !database.run(Self.delete, [.bytes(ClientRow(seal: seal, id: id).key)]).isEmpty)
    }

    private static let dropNeverUsed = SQLStatement(
        """
        DELETE FROM clients WHERE last_used_at IS NULL AND key = ANY(ARRAY(
            SELECT key FROM clients WHERE last_used_at IS NULL AND registered_at < $1 ORDER BY registered_at LIMIT $2
            FOR UPDATE SKIP LOCKED
        ))
        """
    )

    /// Drops up to `limit` clients that were never used within their lifetime (CR-10).
    package func sweep(now: Timestamp, limit: Int) async {
        let moment = now - limits.neverUsedClientLifetime
        // Nothing is urgent; the next sweep drops them.
        _ = try? await database.run(Self.dropNeverUsed, [.time(moment), .integer(Int64(limit))])
    }

    // MARK: - All clients

    private static let countRows = SQLStatement("SELECT \(RowCount.expression(of: "clients", key: "key", window: 1))")

    /// The number of clients; above some thousands an estimate.
    package func count() async throws(StoreError) -> Int {
        guard let row = try await database.run(Self.countRows, RowCount.window()).first else { throw .unavailable }
        return Int(try row.integer(0))
    }

    private static let afterKey = SQLStatement(
        "SELECT \(ClientRow.columns) FROM clients c WHERE c.key > $1 ORDER BY c.key LIMIT $2"
    )

    /// Up to `limit` clients after an id, in the order of the keyed digests of ids.
    func records(after id: String?, limit: Int) async throws(StoreError) -> [ClientRecord] {
        let key = id.map { ClientRow(seal: seal, id: $0).key } ?? []
        var records: [ClientRecord] = []
        for row in try await database.run(Self.afterKey, [.bytes(key), .integer(Int64(limit))]) {
            records.append(try ClientRow.record(row, place.opener))
        }
        return records
    }
}
