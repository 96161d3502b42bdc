package import OAuthProtocol
package import OAuthState

/// The server's root secret, and the secrets of the vault's keys.
extension PostgreSQLKeys {
    static let secretTable = "server_secret"
    static let vaultTable = "vault_keys"

    package func serverSecret(candidate: [UInt8]) async throws(StoreError) -> Receipt<[UInt8]> {
        let sealed = try place.seal.seal(candidate, table: Self.secretTable, identity: [1])
        let results = try await database.run([
            SQLCall(Self.proposal, [.bytes(sealed)]),
            // A statement of its own: the secret of another node that was first must be seen.
            SQLCall(Self.secret),
        ])
        guard let row = results.last?.first else { throw .unavailable }
        let body = try row.bytes(0)
        return Receipt(try place.opener.open(body, table: Self.secretTable, identity: [1]))
    }

    private static let proposal = SQLStatement(
        "INSERT INTO server_secret (id, body) VALUES (1, $1::bytea) ON CONFLICT (id) DO NOTHING"
    )
    static let secret = SQLStatement("SELECT body FROM server_secret WHERE id = 1")

    package func addVaultKey(_ secret: [UInt8], now: Timestamp) async throws(StoreError) -> Receipt<VaultKeySecret> {
        // The body is sealed for its number, so the number is proposed: another node that adds a key takes it first.
        for _ in 0..<Self.additionCountMax {
            let rows = try await database.run(Self.lastVaultKey)
            guard let last = UInt32(exactly: try rows.first?.integer(0) ?? 0), last < .max else { throw .unavailable }
            let added = VaultKeySecret(number: last + 1, secret: secret, createdAt: now)
            let body = try place.seal.seal(added, table: Self.vaultTable, identity: Self.identity(ofVaultKey: last + 1))
            let results = try await change([
                SQLCall(Self.addition, [.integer(Int64(added.number)), .bytes(body)])
            ])
            guard results.first?.isEmpty == false else { continue }
            await announce()
            return Receipt(added)
        }
        throw .unavailable
    }

    /// How often another node may be first.
    private static let additionCountMax = 10

    /// What the secret of a vault key is sealed for.
    static func identity(ofVaultKey number: UInt32) -> [UInt8] {
        var writer = BinaryWriter(reserving: 4)
        writer.write(number)
        return writer.bytes
    }

    private static let lastVaultKey = SQLStatement("SELECT COALESCE(max(number), 0) FROM vault_keys")

    private static let addition = SQLStatement(
        """
        WITH changed AS (
            INSERT INTO vault_keys (number, body) SELECT $1::bigint, $2::bytea
            WHERE $1::bigint = (SELECT COALESCE(max(number), 0) + 1 FROM vault_keys)
            RETURNING number
        )
        \(advancing) RETURNING number
        """
    )

    package func removeVaultKeys(before number: UInt32) async throws(StoreError) -> Receipt<Int> {
        let results = try await change([SQLCall(Self.removal, [.integer(Int64(number))])])
        let count = try results.first?.first?.integer(0) ?? 0
        if count > 0 { await announce() }
        return Receipt(Int(count))
    }

    private static let removal = SQLStatement(
        """
        WITH changed AS (
            DELETE FROM vault_keys
            WHERE number < $1::bigint AND number < (SELECT max(number) FROM vault_keys)
            RETURNING number
        ), advanced AS (
            \(advancing)
        )
        SELECT count(*) FROM changed
        """
    )
}
