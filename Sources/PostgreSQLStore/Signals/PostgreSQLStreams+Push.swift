package import OAuthProtocol
package import OAuthState

/// RFC 8935: which node pushes the events of which stream.
extension PostgreSQLStreams {
    package func takePushed(
        by holder: LeaseHolder,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [EventStream] {
        let rows = try await place.database.run(
            Self.taking,
            [
                .text(holder.name), .time(now), .time(now + EventPush.leaseLifetime), .count(limit),
                .time(now - .seconds(3600)),
            ]
        )
        var streams: [EventStream] = []
        for row in rows { streams.append(try stream(row)) }
        return streams
    }

    // Once an hour is precise enough for the time of use. A row that another node is taking is left to that node.
    private static let taking = SQLStatement(
        """
        UPDATE event_streams SET lease_holder = $1::text, lease_expiry = $3::bigint,
            used_at = CASE WHEN used_at <= $5::bigint THEN $2::bigint ELSE used_at END
        WHERE id = ANY(ARRAY(
            SELECT id FROM event_streams
            WHERE pushes AND (lease_holder IS NULL OR lease_holder = $1::text OR lease_expiry <= $2::bigint)
            ORDER BY COALESCE(lease_holder = $1::text, false) DESC, id LIMIT $4::bigint
            FOR UPDATE SKIP LOCKED
        )) RETURNING \(columns)
        """
    )

    package func pausePushed(_ stream: EventStream, reason: String) async throws(StoreError) -> Receipt<Bool> {
        guard let row = try await place.database.run(Self.lookup, [.id(stream.id)]).first,
            let paused = try self.stream(row).paused(after: stream, reason: reason)
        else { return Receipt(false) }
        let rows = try await place.database.run(
            Self.pausing,
            [.id(stream.id), .bytes(try row.bytes(3)), .bytes(try sealed(paused))]
        )
        return Receipt(!rows.isEmpty)
    }

    // A body that the receiver has changed in the meantime stays.
    private static let pausing = SQLStatement(
        """
        UPDATE event_streams SET body = $3::bytea, pushes = false, lease_holder = NULL, lease_expiry = NULL
        WHERE id = $1::bytea AND body = $2::bytea RETURNING 1::bigint
        """
    )
}
