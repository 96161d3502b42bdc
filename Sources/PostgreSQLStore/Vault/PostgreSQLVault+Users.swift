package import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// Users, each with one login identity.
extension PostgreSQLVault {
    // A conflict is of the identity, whose key the sealed name and address are bound to: the id of the user that exists
    // is not known before.
    private static let resolve = SQLStatement(
        """
        WITH room AS (
            SELECT CASE WHEN $7::boolean
                THEN \(RowCount.expression(of: "users", key: "identity_key", window: 9)) END AS row_count
        )
        INSERT INTO users AS u (id, identity_key, identity, name, verified_email, created_at, login_epoch)
        SELECT $1, $2, $3, $4, $5, $6, 0 FROM room
        WHERE COALESCE(room.row_count, 0) < $8 OR EXISTS (SELECT 1 FROM users WHERE identity_key = $2)
        ON CONFLICT (identity_key) DO UPDATE
        SET name = COALESCE(excluded.name, u.name),
            verified_email = COALESCE(excluded.verified_email, u.verified_email)
        RETURNING u.id, (SELECT row_count FROM room)
        """
    )

    package func resolveUser(
        _ login: UserLogin,
        candidate: UserID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<UserID?> {
        let texts = UserTexts(opener: opener, of: login.identity)
        let parameters: [SQLValue] = [
            .id(candidate), .bytes(texts.key), try texts.sealed(login.identity.digest.bytes, .identity),
            try texts.sealed(login.name, .name), try texts.sealed(login.verifiedEmail, .verifiedEmail),
            .time(now), .boolean(!userBudget.take()), .integer(Int64(limits.usersMax)),
        ]
        guard let row = try await database.run(Self.resolve, parameters + RowCount.window()).first else {
            return Receipt(nil)
        }
        if let count = try row.optionalInteger(1) { userBudget.learn(free: Int64(limits.usersMax) - count - 1) }
        return Receipt(try row.id(0, as: UserID.self))
    }

    private static let userColumns = """
        u.id, u.identity_key, u.name, u.verified_email, u.created_at, u.login_epoch,
            (SELECT string_agg(c.id, ''::bytea ORDER BY c.place) FROM connections c WHERE c.user_id = u.id),
            (
                SELECT string_agg(d.connection_id, ''::bytea ORDER BY d.upstream) FROM default_connections d
                WHERE d.user_id = u.id
            )
        """
    private static let userByID = SQLStatement("SELECT \(userColumns) FROM users u WHERE u.id = $1")
    private static let usersAfter = SQLStatement(
        "SELECT \(userColumns) FROM users u WHERE u.id > $1 ORDER BY u.id LIMIT $2"
    )

    package func user(_ id: UserID) async throws(StoreError) -> User? {
        guard let row = try await database.run(Self.userByID, [.id(id)]).first else { return nil }
        return try user(row)
    }

    /// Up to `limit` users after an id, in the order of ids.
    func users(after id: UserID?, limit: Int) async throws(StoreError) -> [User] {
        let rows = try await database.run(
            Self.usersAfter,
            [.bytes(id?.bytes ?? []), .integer(Int64(limit))]
        )
        var users: [User] = []
        for row in rows { users.append(try user(row)) }
        return users
    }

    private func user(_ row: SQLRow) throws(StoreError) -> User {
        let texts = UserTexts(opener: opener, key: try row.bytes(1))
        return User(
            id: try row.id(0),
            name: try texts.opened(try row.optionalBytes(2), .name),
            verifiedEmail: try texts.opened(try row.optionalBytes(3), .verifiedEmail),
            connections: try Self.ids(try row.optionalBytes(6)),
            defaults: try Self.ids(try row.optionalBytes(7)),
            createdAt: try row.time(4),
            loginEpoch: UInt32(truncatingIfNeeded: try row.integer(5))
        )
    }

    /// Ids of 16 bytes each, one after the other.
    private static func ids(_ bytes: [UInt8]?) throws(StoreError) -> [ConnectionID] {
        guard let bytes else { return [] }
        guard bytes.count.isMultiple(of: 16) else { throw .unavailable }
        return stride(from: 0, to: bytes.count, by: 16).map { ConnectionID(bytes: Array(bytes[$0..<$0 + 16])) }
    }

    private static let identityOwner = SQLStatement("SELECT id FROM users WHERE identity_key = $1")

    package func userID(of identity: IdentityKey) async throws(StoreError) -> UserID? {
        let key = UserTexts(opener: opener, of: identity).key
        return try await database.run(Self.identityOwner, [.bytes(key)]).first?.id(0)
    }

    // The epoch is a number of 32 bits, which continues at 0.
    private static let nextEpoch = SQLStatement(
        "UPDATE users SET login_epoch = (login_epoch + 1) & 4294967295 WHERE id = $1 RETURNING 1::bigint"
    )

    package func endLogins(of id: UserID) async throws(StoreError) -> Receipt<Bool> {
        Receipt(try await !database.run(Self.nextEpoch, [.id(id)]).isEmpty)
    }
}

/// What is sealed of a user, bound to the key of the login identity and to the column.
struct UserTexts {
    private let opener: RowOpener
    /// A keyed digest, because anyone who has the digest of an identity could guess the issuer and the subject.
    let key: [UInt8]

    enum Column: String {
        case identity = "users.identity"
        case name = "users.name"
        case verifiedEmail = "users.verified_email"
    }

    init(opener: RowOpener, key: [UInt8]) {
        self.opener = opener
        self.key = key
    }

    init(opener: RowOpener, of identity: IdentityKey) {
        let digest = Base64URL.encode(identity.digest.bytes)
        self.init(opener: opener, key: opener.seal.index([digest], table: "users").bytes)
    }

    func sealed(_ bytes: [UInt8], _ column: Column) throws(StoreError) -> SQLValue {
        .bytes(try opener.seal.seal(bytes, table: column.rawValue, identity: key))
    }

    func sealed(_ text: String?, _ column: Column) throws(StoreError) -> SQLValue {
        guard let text else { return .null }
        return try sealed(Array(text.utf8), column)
    }

    /// Opens the identity's digest.
    func identity(_ bytes: [UInt8]) throws(StoreError) -> IdentityKey {
        let digest = SHA256Digest(bytes: try opener.open(bytes, table: Column.identity.rawValue, identity: key))
        guard let digest else { throw .unavailable }
        return IdentityKey(digest: digest)
    }

    func opened(_ bytes: [UInt8]?, _ column: Column) throws(StoreError) -> String? {
        guard let bytes else { return nil }
        return try opener.openText(bytes, table: column.rawValue, identity: key)
    }
}
