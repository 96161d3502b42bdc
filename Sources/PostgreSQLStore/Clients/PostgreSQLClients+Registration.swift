package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// New clients, within their bounds, and new versions of known ones.
extension PostgreSQLClients {
    // CR-10, FD-8: which clients are evicted where there is no room.
    //
    // `level` is what the clients of a network that are as new or newer take together. The highest level is that of the
    // oldest client of the network that has most, so evicting by falling level evicts what repeatedly taking the oldest
    // of the network with most would. Used clients follow, and only those that were not used for 90 days. Large tables
    // lose a few more than needed, so that not every registration of a flood must count.
    private static let room = """
        known AS (SELECT 1 FROM clients WHERE key = $1),
        sizes AS (
            SELECT count(*) AS clients,
                COALESCE(sum(byte_count) FILTER (WHERE last_used_at IS NULL AND key <> $1), 0)::bigint AS bytes
            FROM clients WHERE $7::boolean
        ),
        surplus AS (
            SELECT CASE
                    WHEN $8::boolean AND EXISTS (SELECT 1 FROM known) THEN 0
                    ELSE GREATEST(0, clients - $9::bigint + 1)
                END AS clients,
                GREATEST(0, bytes + $3 - $10::bigint) AS bytes
            FROM sizes WHERE $7::boolean
        ),
        excess AS (
            SELECT CASE WHEN clients > 0 THEN clients + $9::bigint / 1024 ELSE 0 END AS clients,
                CASE WHEN bytes > 0 THEN bytes + $10::bigint / 64 ELSE 0 END AS bytes
            FROM surplus WHERE clients > 0 OR bytes > 0
        ),
        leveled AS (
            SELECT key, byte_count, registration,
                sum(byte_count) OVER (PARTITION BY source ORDER BY registration DESC) AS level
            FROM clients WHERE last_used_at IS NULL AND key <> $1 AND EXISTS (SELECT 1 FROM excess)
        ),
        never_used AS (
            SELECT key, row_number() OVER falling AS number, sum(byte_count) OVER falling - byte_count AS freed
            FROM leveled WINDOW falling AS (ORDER BY level DESC, registration ROWS UNBOUNDED PRECEDING)
        ),
        unused AS (
            SELECT key FROM never_used, excess WHERE number <= excess.clients OR freed < excess.bytes
        ),
        abandoned AS (
            SELECT key FROM clients
            WHERE last_used_at <= $11 AND key <> $1 AND EXISTS (SELECT 1 FROM excess WHERE clients > 0)
            ORDER BY last_used_at
            LIMIT (SELECT GREATEST(0, clients - (SELECT count(*) FROM unused)) FROM excess)
        ),
        refused AS (
            SELECT 1 FROM surplus WHERE clients > (SELECT count(*) FROM unused) + (SELECT count(*) FROM abandoned)
        )
        """
    // A client that is used at this moment stays: the deletion looks at the present row.
    private static let put = SQLStatement(
        """
        WITH \(room),
        evicted AS (
            DELETE FROM clients c
            WHERE EXISTS (SELECT 1 FROM excess) AND NOT EXISTS (SELECT 1 FROM refused)
                AND c.key IN (SELECT key FROM unused) AND c.last_used_at IS NULL
        ),
        forgotten AS (
            DELETE FROM clients c
            WHERE EXISTS (SELECT 1 FROM excess) AND NOT EXISTS (SELECT 1 FROM refused)
                AND c.key IN (SELECT key FROM abandoned) AND c.last_used_at <= $11
        )
        INSERT INTO clients AS c (key, body, byte_count, source, management_token_hash, registered_at)
        SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM refused)
        ON CONFLICT (key) DO UPDATE
        SET body = excluded.body, byte_count = excluded.byte_count,
            management_token_hash = excluded.management_token_hash
        RETURNING (SELECT clients FROM sizes), (SELECT bytes FROM sizes)
        """
    )

    /// After how long without use a client may be evicted (FD-8).
    private static let abandonment: Duration = .seconds(90 * 86_400)

    package func register(
        _ client: Client,
        from source: SourceNetwork
    ) async throws(StoreError) -> Receipt<ClientRegistration> {
        try await put(client, from: source, keepsKnown: false)
    }

    package func replace(_ client: Client) async throws(StoreError) -> Receipt<ClientRegistration> {
        try await put(client, from: .unknown, keepsKnown: true)
    }

    private func put(
        _ client: Client,
        from source: SourceNetwork,
        keepsKnown: Bool
    ) async throws(StoreError) -> Receipt<ClientRegistration> {
        let row = ClientRow(seal: seal, id: client.id)
        let (body, byteCount) = try row.sealed(client)
        let (clientsMax, bytesMax) = (Int64(limits.dynamicClientsMax), Int64(limits.neverUsedClientBytesMax))
        let hasRoom = clientBudget.take() && byteBudget.take(byteCount)
        let found = try await database.run(
            Self.put,
            [
                .bytes(row.key), .bytes(body), .integer(byteCount), seal.source(source),
                client.managementTokenHash.map { SQLValue.digest($0) } ?? .null, .time(client.issuedAt),
                .boolean(!hasRoom), .boolean(keepsKnown), .integer(clientsMax), .integer(bytesMax),
                .time(client.issuedAt - Self.abandonment),
            ]
        )
        guard let sizes = found.first else { return Receipt(.full) }
        if !hasRoom {
            let (clients, bytes) = (try sizes.integer(0), try sizes.integer(1))
            clientBudget.learn(free: clients < clientsMax ? clientsMax - clients - 1 : clientsMax / 1024)
            byteBudget.learn(free: bytes + byteCount <= bytesMax ? bytesMax - bytes - byteCount : bytesMax / 64)
        }
        return Receipt(.registered)
    }

    // MARK: - Known clients

    private static let setBody = SQLStatement(
        """
        UPDATE clients SET body = $2, byte_count = $3, management_token_hash = $4 WHERE key = $1 RETURNING 1::bigint
        """
    )

    package func renew(_ client: Client) async throws(StoreError) -> Receipt<Bool> {
        let row = ClientRow(seal: seal, id: client.id)
        let (body, byteCount) = try row.sealed(client)
        let hash = client.managementTokenHash.map { SQLValue.digest($0) } ?? .null
        let parameters: [SQLValue] = [.bytes(row.key), .bytes(body), .integer(byteCount), hash]
        return Receipt(try await !database.run(Self.setBody, parameters).isEmpty)
    }

    // The token is random, so its hash may be compared in the database: how long that takes tells nothing about it.
    private static let setManaged = SQLStatement(
        """
        WITH known AS (
            SELECT key, body, byte_count, management_token_hash FROM clients
            WHERE key = $1 AND management_token_hash = $5 FOR UPDATE
        )
        UPDATE clients c SET body = $2, byte_count = $3, management_token_hash = $4
        FROM known WHERE c.key = known.key AND c.management_token_hash = $5
        RETURNING known.body, known.byte_count, known.management_token_hash
        """
    )
    // Every sealing has another nonce: only this update made this body.
    private static let takeBack = SQLStatement(
        """
        UPDATE clients SET body = $3, byte_count = $4, management_token_hash = $5 WHERE key = $1 AND body = $2
        """
    )

    package func update(
        _ client: Client,
        presenting tokenHash: SHA256Digest
    ) async throws(StoreError) -> Receipt<ClientUpdate> {
        let row = ClientRow(seal: seal, id: client.id)
        let (body, byteCount) = try row.sealed(client)
        let hash = client.managementTokenHash.map { SQLValue.digest($0) } ?? .null
        let found = try await database.run(
            Self.setManaged,
            [.bytes(row.key), .bytes(body), .integer(byteCount), hash, .digest(tokenHash)]
        )
        guard let known = found.first else { return Receipt(.superseded) }
        let reversal: [SQLValue] = [.bytes(row.key), .bytes(body)] + known.values
        let reversals = place.reversals
        return Receipt(.updated, reversal: { await reversals.run([SQLCall(Self.takeBack, reversal)]) })
    }
}
