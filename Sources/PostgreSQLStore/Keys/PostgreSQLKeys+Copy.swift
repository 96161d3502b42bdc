package import OAuthState

/// Keys and secrets as records of a snapshot, for copies from and to a directory.
extension PostgreSQLKeys {
    /// Writes rows of a snapshot, in their order; rows of the same keys are replaced.
    ///
    /// Changes that are no rows are not part of a snapshot, and are passed over.
    package func add(_ changes: [SigningKeyRing.Change]) async throws(StoreError) {
        var calls: [SQLCall] = []
        for change in changes {
            switch change {
            case .put(let key): calls.append(SQLCall(Self.copiedKey, try values(of: key)))
            case .putServerSecret(let secret):
                let body = try place.seal.seal(secret, table: Self.secretTable, identity: [1])
                calls.append(SQLCall(Self.copiedSecret, [.bytes(body)]))
            case .putVaultKey(let secret):
                let identity = Self.identity(ofVaultKey: secret.number)
                let body = try place.seal.seal(secret, table: Self.vaultTable, identity: identity)
                calls.append(SQLCall(Self.copiedVaultKey, [.integer(Int64(secret.number)), .bytes(body)]))
            case .remove, .removeVaultKey: continue
            }
        }
        guard !calls.isEmpty else { return }
        _ = try await change(calls + [SQLCall(Self.nextNumber)])
        await announce()
    }

    private static let copiedKey = SQLStatement(
        """
        INSERT INTO signing_keys (\(columns)) VALUES (\(values))
        ON CONFLICT (key_id) DO UPDATE SET purpose = excluded.purpose, state = excluded.state,
            origin = excluded.origin, published_at = excluded.published_at, activated_at = excluded.activated_at,
            retired_at = excluded.retired_at, body = excluded.body
        """
    )

    private static let copiedSecret = SQLStatement(
        """
        INSERT INTO server_secret (id, body) VALUES (1, $1::bytea) ON CONFLICT (id) DO UPDATE SET body = excluded.body
        """
    )

    private static let copiedVaultKey = SQLStatement(
        """
        INSERT INTO vault_keys (number, body) VALUES ($1::bigint, $2::bytea)
        ON CONFLICT (number) DO UPDATE SET body = excluded.body
        """
    )

    private static let nextNumber = SQLStatement("UPDATE key_generation SET number = number + 1 WHERE id = 1")

    /// Passes every row on as a record of a snapshot.
    ///
    /// - Throws: ``StoreError``, and the errors of `body`.
    package func forEachRecord(_ body: ([UInt8]) throws -> Void) async throws {
        if let row = try await database.run(Self.secret).first {
            let sealed = try row.bytes(0)
            let secret = try place.opener.open(sealed, table: Self.secretTable, identity: [1])
            try body(BinaryWriter.record(.putServerSecret) { $0.write(secret) })
        }
        let generation = try await generation()
        for secret in generation.vaultKeys { try body(secret.record(.putVaultKey)) }
        for key in generation.signingKeys { try body(key.record(.putSigningKey)) }
    }
}
