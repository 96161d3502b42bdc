import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// Consumed ids as records of a snapshot, for copies from and to a directory.
extension PostgreSQLReplay {
    private static let copied = SQLStatement(
        """
        INSERT INTO consumed_assertions (id, owner_id, is_self_registered, expiry)
        VALUES ($1::bytea, $2::bytea, $3::boolean, $4::bigint)
        ON CONFLICT (id) DO NOTHING
        """
    )
    private static let afterID = SQLStatement(
        """
        SELECT id, owner_id, is_self_registered, expiry FROM consumed_assertions
        WHERE id > $1::bytea ORDER BY id LIMIT $2::bigint
        """
    )
    /// How many ids are written in one transaction, and read at once.
    private static let batchCount = 1000

    /// Writes rows of a snapshot.
    package func add(_ changes: [ReplayGuard.Change]) async throws(StoreError) {
        var calls: [SQLCall] = []
        for change in changes {
            calls.append(
                SQLCall(
                    Self.copied,
                    [
                        .digest(change.id), .digest(change.owner.id), .boolean(change.owner.isSelfRegistered),
                        .time(change.expiry),
                    ]
                )
            )
            guard calls.count == Self.batchCount else { continue }
            _ = try await database.run(calls)
            calls = []
        }
        if !calls.isEmpty { _ = try await database.run(calls) }
    }

    /// Passes every row on as a record of a snapshot.
    ///
    /// - Throws: ``StoreError``, and the errors of `body`.
    package func forEachRecord(_ body: ([UInt8]) throws -> Void) async throws {
        var last: [UInt8] = []
        while true {
            let rows = try await database.run(Self.afterID, [.bytes(last), .integer(Int64(Self.batchCount))])
            for row in rows {
                let (id, owner) = (try row.digest(0), try row.digest(1))
                let (isSelfRegistered, expiry) = (try row.boolean(2), try row.time(3))
                let record = BinaryWriter.record(.consumeOwnedAssertion) { writer in
                    writer.write(id)
                    writer.write(expiry)
                    writer.write(owner)
                    writer.write(isSelfRegistered)
                }
                try body(record)
            }
            guard rows.count == Self.batchCount, let next = rows.last else { return }
            last = try next.bytes(0)
        }
    }
}
