import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// Clients as records of a snapshot, for copies from and to a directory.
extension PostgreSQLClients {
    private static let copied = SQLStatement(
        """
        INSERT INTO clients (
            key, body, byte_count, source, management_token_hash, registered_at, last_used_at
        )
        VALUES ($1::bytea, $2::bytea, $3::bigint, $4::bigint, $5::bytea, $6::bigint, $7::bigint)
        ON CONFLICT (key) DO UPDATE SET body = excluded.body, byte_count = excluded.byte_count,
            source = excluded.source, management_token_hash = excluded.management_token_hash,
            registered_at = excluded.registered_at, last_used_at = excluded.last_used_at
        """
    )
    /// How many clients are written in one transaction, and read at once.
    private static let batchCount = 500

    /// Writes rows of a snapshot, in their order; rows of the same keys are replaced.
    ///
    /// Changes that are no rows are not part of a snapshot, and are passed over.
    package func add(_ changes: [ClientRegistry.Change]) async throws(StoreError) {
        var calls: [SQLCall] = []
        for change in changes {
            guard case .put(let record) = change else { continue }
            calls.append(try call(adding: record))
            guard calls.count == Self.batchCount else { continue }
            _ = try await database.run(calls)
            calls = []
        }
        if !calls.isEmpty { _ = try await database.run(calls) }
    }

    private func call(adding record: ClientRecord) throws(StoreError) -> SQLCall {
        let row = ClientRow(seal: seal, id: record.client.id)
        let (body, byteCount) = try row.sealed(record.client)
        return SQLCall(
            Self.copied,
            [
                .bytes(row.key), .bytes(body), .integer(byteCount), seal.source(record.source),
                .digest(record.client.managementTokenHash), .time(record.client.issuedAt), .time(record.lastUsedAt),
            ]
        )
    }

    /// Passes every row on as a record of a snapshot.
    ///
    /// - Throws: ``StoreError``, and the errors of `body`.
    package func forEachRecord(_ body: ([UInt8]) throws -> Void) async throws {
        var all: [ClientRecord] = []
        while true {
            let records = try await records(after: all.last?.client.id, limit: Self.batchCount)
            all += records
            guard records.count == Self.batchCount else { break }
        }
        // In the order of registration, in which those that were never used are evicted (CR-10).
        for record in all.sorted(by: { $0.client.issuedAt < $1.client.issuedAt }) {
            try body(record.record(.putClient))
        }
    }
}
