package import OAuthProtocol
package import OAuthState

/// The streams of the receivers of events in a database.
package struct PostgreSQLStreams: EventStreamStore {
    let place: StorePlace

    /// The streams over a database.
    package init(_ place: StorePlace) {
        self.place = place
    }

    static let table = "event_streams"
    static let columns = "id, used_at, position, body"

    package func add(_ stream: EventStream, now: Timestamp) async throws(StoreError) -> Receipt<Void> {
        _ = try await place.database.run(
            Self.insertion,
            [
                .id(stream.id), place.seal.client(stream.clientID), .time(stream.usedAt),
                .integer(Int64(clamping: stream.position)), .bytes(try sealed(stream)),
                .count(place.limits.eventStreamsPerReceiverMax - 1), .boolean(stream.isPushed),
            ]
        )
        return Receipt(())
    }

    private static let insertion = SQLStatement(
        """
        WITH gone AS (
            DELETE FROM event_streams WHERE id = ANY(ARRAY(
                SELECT id FROM event_streams WHERE client = $2::bytea ORDER BY used_at DESC OFFSET $6::bigint
            ))
        )
        INSERT INTO event_streams (id, client, used_at, position, body, pushes)
        VALUES ($1::bytea, $2::bytea, $3::bigint, $4::bigint, $5::bytea, $7::boolean)
        """
    )

    package func update(_ stream: EventStream) async throws(StoreError) -> Receipt<Bool> {
        let rows = try await place.database.run(
            Self.change,
            [
                .id(stream.id), place.seal.client(stream.clientID), .bytes(try sealed(stream)),
                .boolean(stream.isPushed),
            ]
        )
        return Receipt(!rows.isEmpty)
    }

    private static let change = SQLStatement(
        """
        UPDATE event_streams SET body = $3::bytea, pushes = $4::boolean
        WHERE id = $1::bytea AND client = $2::bytea RETURNING 1::bigint
        """
    )

    package func acknowledge(
        _ acknowledgement: StreamAcknowledgement,
        of id: EventStreamID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<Bool> {
        var (expected, body): ([UInt8]?, [UInt8]?)
        if acknowledgement.verification != nil {
            guard let row = try await place.database.run(Self.lookup, [.id(id)]).first else { return Receipt(false) }
            var stream = try stream(row)
            expected = try row.bytes(3)
            if stream.note(acknowledgement, now: now) { body = try sealed(stream) }
        }
        let rows = try await place.database.run(
            Self.acknowledgement,
            [
                .id(id), .integer(acknowledgement.position.map { Int64(clamping: $0) }), .time(now),
                expected.map { .bytes($0) } ?? .null, body.map { .bytes($0) } ?? .null,
            ]
        )
        return Receipt(!rows.isEmpty)
    }

    // A body that was changed in the meantime stays: the verification is then delivered once more.
    private static let acknowledgement = SQLStatement(
        """
        UPDATE event_streams SET position = GREATEST(position, $2::bigint), used_at = GREATEST(used_at, $3::bigint),
            body = CASE WHEN body = $4::bytea AND $5::bytea IS NOT NULL THEN $5::bytea ELSE body END
        WHERE id = $1::bytea RETURNING 1::bigint
        """
    )

    static let lookup = SQLStatement("SELECT \(columns) FROM event_streams WHERE id = $1::bytea")

    package func stream(_ id: EventStreamID, of clientID: String) async throws(StoreError) -> EventStream? {
        let rows = try await place.database.run(Self.own, [.id(id), place.seal.client(clientID)])
        return try rows.first.map { (row) throws(StoreError) in try stream(row) }
    }

    private static let own = SQLStatement(
        "SELECT \(columns) FROM event_streams WHERE id = $1::bytea AND client = $2::bytea"
    )

    package func streams(of clientID: String) async throws(StoreError) -> [EventStream] {
        var streams: [EventStream] = []
        for row in try await place.database.run(Self.all, [place.seal.client(clientID)]) {
            streams.append(try stream(row))
        }
        return streams
    }

    private static let all = SQLStatement(
        "SELECT \(columns) FROM event_streams WHERE client = $1::bytea ORDER BY id"
    )

    package func remove(_ id: EventStreamID, of clientID: String) async throws(StoreError) -> Receipt<Bool> {
        Receipt(try await !place.database.run(Self.removal, [.id(id), place.seal.client(clientID)]).isEmpty)
    }

    private static let removal = SQLStatement(
        "DELETE FROM event_streams WHERE id = $1::bytea AND client = $2::bytea RETURNING 1::bigint"
    )

    func sealed(_ stream: EventStream) throws(StoreError) -> [UInt8] {
        try place.seal.seal(stream, table: Self.table, identity: stream.id.bytes)
    }

    /// The stream, with what the columns say in place of what its body says.
    func stream(_ row: SQLRow) throws(StoreError) -> EventStream {
        let id: EventStreamID = try row.id(0)
        var stream = try place.opener.open(
            EventStream.self,
            try row.bytes(3),
            table: Self.table,
            identity: id.bytes
        )
        stream.usedAt = try row.time(1)
        stream.position = UInt64(clamping: try row.integer(2))
        return stream
    }

    /// How many endings and streams there are.
    func counts() async throws(StoreError) -> (endings: Int, streams: Int) {
        guard let row = try await place.database.run(Self.count).first else { throw .unavailable }
        return (Int(try row.integer(0)), Int(try row.integer(1)))
    }

    private static let count = SQLStatement(
        "SELECT (SELECT count(*) FROM session_endings), (SELECT count(*) FROM event_streams)"
    )
}

extension PostgreSQLStreams: SweptTables {
    func sweepCalls(now: Timestamp, limit: Int) -> [SQLCall] {
        [SQLCall(Self.sweep, [.time(now - EventStream.lifetime), .count(limit)])]
    }

    private static let sweep = SQLStatement.dropping(from: table, key: "id", by: "used_at")
}
