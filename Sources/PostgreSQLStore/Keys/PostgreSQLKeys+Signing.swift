package import OAuthProtocol
package import OAuthState

/// MD-9: signing keys and their rotation.
///
/// State, origin and times are columns, which replace those of the sealed body.
extension PostgreSQLKeys {
    static let keyTable = "signing_keys"

    package func install(_ key: StoredSigningKey, now: Timestamp) async throws(StoreError) -> Receipt<Void> {
        _ = try await change([SQLCall(Self.installation, try values(of: key) + [.time(now)])])
        await announce()
        return Receipt(())
    }

    /// The columns of a new row, in the order of ``values(of:)``.
    static let columns = "key_id, purpose, state, origin, published_at, activated_at, retired_at, body"
    static let values =
        "$1::text, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bytea"

    func values(
        of key: StoredSigningKey,
        as state: StoredSigningKey.State? = nil
    ) throws(StoreError) -> [SQLValue] {
        let keyID = key.key.keyID
        return [
            .text(keyID),
            .integer(Int64(key.purpose.rawValue)),
            .integer(Int64((state ?? key.state).rawValue)),
            .integer(Int64(key.origin.rawValue)),
            .time(key.publishedAt),
            .time(key.activatedAt),
            .time(key.retiredAt),
            .bytes(try place.seal.seal(key, table: Self.keyTable, identity: Array(keyID.utf8))),
        ]
    }

    // A key that is installed already changes nothing.
    private static let installation = SQLStatement(
        """
        WITH changed AS (
            INSERT INTO signing_keys (\(columns)) VALUES (\(values)) ON CONFLICT (key_id) DO NOTHING RETURNING key_id
        ), retired AS (
            UPDATE signing_keys SET state = 2, retired_at = $9::bigint
            WHERE purpose = $2::bigint AND state = $3::bigint AND state <> 2 AND key_id <> $1::text
                AND EXISTS (SELECT 1 FROM changed)
        )
        \(advancing)
        """
    )

    package func adopt(_ keys: [StoredSigningKey], now: Timestamp) async throws(StoreError) -> Receipt<Bool> {
        guard let purpose = keys.first?.purpose else { return Receipt(false) }
        var adopted: [String] = []
        var calls: [SQLCall] = []
        for key in keys where !adopted.contains(key.key.keyID) {
            let state: StoredSigningKey.State = adopted.isEmpty ? .active : .next
            adopted.append(key.key.keyID)
            var placed = try values(of: key, as: state)
            // A key that is placed is not retired.
            placed.remove(at: 6)
            calls.append(SQLCall(Self.placing, placed + [.time(now)]))
        }
        calls.append(
            SQLCall(Self.retirement, [.integer(Int64(purpose.rawValue)), .texts(adopted), .time(now)])
        )
        let isChanged = try await change(calls).contains { !$0.isEmpty }
        if isChanged { await announce() }
        return Receipt(isChanged)
    }

    private static let placing = SQLStatement(
        """
        WITH changed AS (
            INSERT INTO signing_keys (\(columns))
            SELECT $1::text, $2::bigint, $3::bigint, $4::bigint, $5::bigint,
                CASE WHEN $3::bigint = 1 THEN $8::bigint ELSE $6::bigint END, NULL, $7::bytea
            ON CONFLICT (key_id) DO UPDATE SET state = excluded.state, origin = excluded.origin, retired_at = NULL,
                activated_at = CASE WHEN excluded.state = 1 THEN $8::bigint ELSE signing_keys.activated_at END
            WHERE signing_keys.state <> excluded.state OR signing_keys.origin <> excluded.origin
            RETURNING key_id
        )
        \(advancing) RETURNING number
        """
    )

    private static let retirement = SQLStatement(
        """
        WITH changed AS (
            UPDATE signing_keys SET state = 2, retired_at = $3::bigint
            WHERE purpose = $1::bigint AND state <> 2 AND NOT key_id = ANY($2::text[])
            RETURNING key_id
        )
        \(advancing) RETURNING number
        """
    )

    package func rotate(
        successor: StoredSigningKey,
        publishedBy: Timestamp?,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<SigningKeyRotationOutcome> {
        let parameters = try values(of: successor) + [.time(now), .time(publishedBy)]
        guard let row = try await change([SQLCall(Self.rotation, parameters)]).first?.first else { throw .unavailable }
        switch try row.text(0) {
        case "early": return Receipt(.tooEarly(publishedAt: try row.time(2)))
        case "prepared":
            await announce()
            return Receipt(.prepared)
        default:
            await announce()
            return Receipt(.rotated(activeKeyID: try row.text(1)))
        }
    }

    // A rotation whose outcome was unknown may be repeated: its successor is known then, and nothing changes.
    private static let rotation = SQLStatement(
        """
        WITH known AS MATERIALIZED (
            SELECT k.key_id FROM signing_keys k WHERE k.key_id = $1::text
        ), upcoming AS MATERIALIZED (
            SELECT k.key_id, k.published_at FROM signing_keys k
            WHERE k.purpose = $2::bigint AND k.state = 0 ORDER BY k.position LIMIT 1
        ), verdict AS MATERIALIZED (
            SELECT CASE
                WHEN EXISTS (SELECT 1 FROM known) THEN 'known'
                WHEN NOT EXISTS (SELECT 1 FROM upcoming) THEN 'prepared'
                WHEN (SELECT published_at FROM upcoming) > $10::bigint THEN 'early'
                ELSE 'rotated' END AS outcome
        ), activated AS (
            UPDATE signing_keys k SET state = 1, activated_at = $9::bigint FROM upcoming u, verdict v
            WHERE k.key_id = u.key_id AND v.outcome = 'rotated'
        ), retired AS (
            UPDATE signing_keys k SET state = 2, retired_at = $9::bigint FROM verdict v
            WHERE k.purpose = $2::bigint AND k.state = 1 AND v.outcome = 'rotated'
        ), changed AS (
            INSERT INTO signing_keys (\(columns)) SELECT \(values) FROM verdict v
            WHERE v.outcome IN ('prepared', 'rotated')
            RETURNING key_id
        ), advanced AS (
            \(advancing)
        )
        SELECT
            CASE WHEN v.outcome = 'known' AND NOT EXISTS (
                SELECT 1 FROM signing_keys k WHERE k.purpose = $2::bigint AND k.state = 1
            ) THEN 'prepared' ELSE v.outcome END,
            CASE v.outcome WHEN 'rotated' THEN u.key_id ELSE (
                SELECT k.key_id FROM signing_keys k WHERE k.purpose = $2::bigint AND k.state = 1 LIMIT 1
            ) END,
            u.published_at
        FROM verdict v LEFT JOIN upcoming u ON true
        """
    )

    package func withdraw(retiredBefore moment: Timestamp) async throws(StoreError) -> Receipt<Int> {
        let results = try await change([SQLCall(Self.withdrawal, [.time(moment)])])
        let count = try results.first?.first?.integer(0) ?? 0
        if count > 0 { await announce() }
        return Receipt(Int(count))
    }

    private static let withdrawal = SQLStatement(
        """
        WITH changed AS (
            DELETE FROM signing_keys WHERE retired_at < $1::bigint RETURNING key_id
        ), advanced AS (
            \(advancing)
        )
        SELECT count(*) FROM changed
        """
    )

    package func withdraw(_ keyID: String) async throws(StoreError) -> Receipt<KeyWithdrawal> {
        // A text that no key can have for its id, and that a database refuses.
        guard !keyID.utf8.contains(0) else { return Receipt(.unknown) }
        guard let row = try await change([SQLCall(Self.singleWithdrawal, [.text(keyID)])]).first?.first else {
            throw .unavailable
        }
        guard let state = try row.optionalInteger(0) else { return Receipt(.unknown) }
        guard state != Int64(StoredSigningKey.State.active.rawValue) else { return Receipt(.signs) }
        await announce()
        return Receipt(.withdrawn)
    }

    private static let singleWithdrawal = SQLStatement(
        """
        WITH changed AS (
            DELETE FROM signing_keys WHERE key_id = $1::text AND state <> 1 RETURNING key_id
        ), advanced AS (
            \(advancing)
        )
        SELECT (SELECT state FROM signing_keys WHERE key_id = $1::text)
        """
    )
}
