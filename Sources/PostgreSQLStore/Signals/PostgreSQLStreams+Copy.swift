package import OAuthState

/// The streams of receivers of events as records of a snapshot, for copies from and to a directory.
extension PostgreSQLStreams {
    private static let copied = SQLStatement(
        """
        INSERT INTO event_streams (id, client, used_at, position, body, pushes)
        VALUES ($1::bytea, $2::bytea, $3::bigint, $4::bigint, $5::bytea, $6::boolean)
        ON CONFLICT (id) DO UPDATE SET client = excluded.client, used_at = excluded.used_at,
            position = excluded.position, body = excluded.body, pushes = excluded.pushes
        """
    )
    private static let page = SQLStatement(
        "SELECT \(columns) FROM event_streams WHERE id > $1::bytea ORDER BY id LIMIT 1000"
    )

    /// Writes rows of a snapshot; rows of the same keys are replaced.
    ///
    /// Changes that are no rows are not part of a snapshot, and are passed over.
    package func add(_ changes: [EventStreams.Change]) async throws(StoreError) {
        var calls: [SQLCall] = []
        for change in changes {
            guard case .put(let stream) = change else { continue }
            calls.append(
                SQLCall(
                    Self.copied,
                    [
                        .id(stream.id), place.seal.client(stream.clientID), .time(stream.usedAt),
                        .integer(Int64(clamping: stream.position)), .bytes(try sealed(stream)),
                        .boolean(stream.isPushed),
                    ]
                )
            )
        }
        if !calls.isEmpty { _ = try await place.database.run(calls) }
    }

    /// Passes every row on as a record of a snapshot.
    ///
    /// - Throws: ``StoreError``, and the errors of `body`.
    package func forEachRecord(_ body: ([UInt8]) throws -> Void) async throws {
        var last: [UInt8] = []
        while true {
            let rows = try await place.database.run(Self.page, [.bytes(last)])
            for row in rows { try body(try stream(row).record(.putEventStream)) }
            guard let row = rows.last else { return }
            last = try row.bytes(0)
        }
    }
}
