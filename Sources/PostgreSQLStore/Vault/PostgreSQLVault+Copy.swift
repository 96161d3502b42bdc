import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// Users, connections and registrations as records of a snapshot, for copies from and to a directory.
extension PostgreSQLVault {
    /// Writes all rows of a snapshot; rows of the same keys are replaced.
    ///
    /// Changes that are no rows are not part of a snapshot, and are passed over.
    ///
    /// - Throws: ``StorageCopyError`` for a state that the tables cannot have, `StoreError` when the database fails.
    package func add(_ changes: [TokenVault.Change]) async throws {
        var snapshot = Snapshot()
        for change in changes { snapshot.add(change) }
        var calls: [SQLCall] = []
        for user in snapshot.users {
            calls += try self.calls(adding: user, of: snapshot)
            if calls.count >= Self.batchCount { try await run(&calls) }
        }
        // A connection that its user does not list is kept as well: its tokens can still be revoked.
        let listed = Set(snapshot.users.flatMap(\.connections))
        for connection in snapshot.connections.values where !listed.contains(connection.id) {
            calls += try self.calls(adding: connection)
        }
        try await run(&calls)
        for registration in snapshot.registrations { _ = try await keep(registration).outcome }
    }

    /// How many statements are made in one transaction.
    private static let batchCount = 500

    private func run(_ calls: inout [SQLCall]) async throws(StoreError) {
        guard !calls.isEmpty else { return }
        _ = try await database.run(calls)
        calls.removeAll(keepingCapacity: true)
    }

    /// The rows of a snapshot, users with what belongs to them.
    private struct Snapshot {
        var users: [User] = []
        var identities: [UserID: [IdentityKey]] = [:]
        var connections: [ConnectionID: Connection] = [:]
        var registrations: [StoredUpstreamRegistration] = []

        mutating func add(_ change: TokenVault.Change) {
            switch change {
            case .putUser(let user): users.append(user)
            case .putUserOfIdentity(let user, let identity):
                users.append(user)
                identities[user.id, default: []].append(identity)
            case .putIdentity(let identity, let userID): identities[userID, default: []].append(identity)
            case .putConnection(let connection): connections[connection.id] = connection
            case .putUpstreamRegistration(let registration): registrations.append(registration)
            case .removeConnection, .removeUser: break
            }
        }
    }

    private static let copiedUser = SQLStatement(
        """
        INSERT INTO users (id, identity_key, identity, name, verified_email, created_at, login_epoch)
        VALUES ($1::bytea, $2::bytea, $3::bytea, $4::bytea, $5::bytea, $6::bigint, $7::bigint)
        ON CONFLICT (id) DO UPDATE SET identity_key = excluded.identity_key, identity = excluded.identity,
            name = excluded.name, verified_email = excluded.verified_email, created_at = excluded.created_at,
            login_epoch = excluded.login_epoch
        """
    )
    private static let copiedChoice = SQLStatement(
        """
        INSERT INTO default_connections (user_id, upstream, connection_id) VALUES ($1::bytea, $2::bytea, $3::bytea)
        ON CONFLICT (user_id, upstream) DO UPDATE SET connection_id = excluded.connection_id
        """
    )

    private func calls(adding user: User, of snapshot: Snapshot) throws -> [SQLCall] {
        let identities = snapshot.identities[user.id] ?? []
        guard identities.count == 1, let identity = identities.first else {
            throw StorageCopyError.userWithoutOneIdentity(user.id, count: identities.count)
        }
        let texts = UserTexts(opener: opener, of: identity)
        let parameters: [SQLValue] = [
            .id(user.id), .bytes(texts.key), try texts.sealed(identity.digest.bytes, .identity),
            try texts.sealed(user.name, .name), try texts.sealed(user.verifiedEmail, .verifiedEmail),
            .time(user.createdAt), .integer(Int64(user.loginEpoch)),
        ]
        var calls = [SQLCall(Self.copiedUser, parameters)]
        for id in user.connections {
            if let connection = snapshot.connections[id] { calls += try self.calls(adding: connection) }
        }
        for id in user.defaults {
            guard let connection = snapshot.connections[id] else { continue }
            calls.append(SQLCall(Self.copiedChoice, [.id(user.id), seal.upstream(connection.upstream), .id(id)]))
        }
        return calls
    }

    private static let copiedConnection = SQLStatement(
        """
        INSERT INTO connections (
            id, user_id, account_key, upstream, account, account_name, scopes, accepted_claims,
            access_token, refresh_token, id_token, token_fields, access_token_expiry, upstream_client_id,
            status, reason, obtained_at, refreshed_at, used_at, version
        )
        VALUES (
            $1::bytea, $2::bytea, $3::bytea, $4::bytea, $5::bytea, $6::bytea, $7::bytea, $8::bytea,
            $9::bytea, $10::bytea, $11::bytea, $12::bytea, $13::bigint, $14::text,
            $15::bigint, $16::text, $17::bigint, $18::bigint, $19::bigint, $20::bigint
        )
        """
    )
    private static let forgetConnection = SQLStatement("DELETE FROM connections WHERE id = $1")
    private static let forgetSessions = SQLStatement("DELETE FROM connection_sessions WHERE connection_id = $1")
    private static let copiedSession = SQLStatement(
        """
        INSERT INTO connection_sessions (connection_id, session_id, sid_key, entry)
        VALUES ($1::bytea, $2::bytea, $3::bytea, $4::bytea)
        ON CONFLICT (connection_id, session_id) DO UPDATE
        SET sid_key = excluded.sid_key, entry = excluded.entry, place = excluded.place
        """
    )

    private func calls(adding connection: Connection) throws(StoreError) -> [SQLCall] {
        let texts = ConnectionTexts(
            opener: opener,
            userID: connection.userID,
            upstream: connection.upstream,
            account: connection.account
        )
        let place: [SQLValue] = [
            .id(connection.id), .id(connection.userID), .bytes(texts.accountKey), seal.upstream(connection.upstream),
            try texts.sealed(account: connection.account, at: connection.upstream),
            try texts.sealed(accountName: connection.accountName), try texts.sealed(scopes: connection.scopes),
            try texts.sealed(acceptedClaims: connection.acceptedClaims),
        ]
        let state: [SQLValue] = [
            .time(connection.accessTokenExpiry), .text(connection.upstreamClientID),
            .integer(Int64(connection.status.rawValue)), SQLValue(connection.reason), .time(connection.obtainedAt),
            .time(connection.refreshedAt), .time(connection.usedAt), .integer(Int64(connection.version)),
        ]
        let id = SQLValue.id(connection.id)
        var calls = [
            SQLCall(Self.forgetConnection, [id]), SQLCall(Self.forgetSessions, [id]),
            SQLCall(Self.copiedConnection, place + connection.tokens.columns + state),
        ]
        for session in connection.providerSessions {
            let entry = try ProviderSessionEntry.sealed(session, seal)
            let key = ProviderSessionEntry.key(session.id, seal)
            calls.append(SQLCall(Self.copiedSession, [id, .id(session.sessionID), key, .bytes(entry)]))
        }
        return calls
    }

    private static let identityAfter = SQLStatement(
        "SELECT id, identity_key, identity FROM users WHERE id > $1::bytea ORDER BY id LIMIT $2::bigint"
    )

    /// Passes every row on as a record of a snapshot.
    ///
    /// - Throws: ``StoreError``, and the errors of `body`.
    package func forEachRecord(_ body: ([UInt8]) throws -> Void) async throws {
        var lastUser: UserID?
        while true {
            let users = try await users(after: lastUser, limit: Self.batchCount)
            for user in users { try body(user.record) }
            let start = SQLValue.bytes(lastUser?.bytes ?? [])
            let rows = try await database.run(Self.identityAfter, [start, .integer(Int64(Self.batchCount))])
            for row in rows {
                let identity = try UserTexts(opener: opener, key: try row.bytes(1)).identity(try row.bytes(2))
                let id: UserID = try row.id(0)
                let record = BinaryWriter.record(.putIdentity) { writer in
                    writer.write(identity.digest)
                    writer.write(id)
                }
                try body(record)
            }
            guard let last = users.last?.id else { break }
            lastUser = last
        }
        var lastConnection: ConnectionID?
        while true {
            let connections = try await connections(after: lastConnection, limit: Self.batchCount)
            for connection in connections { try body(connection.journalRecord) }
            guard let last = connections.last?.id else { break }
            lastConnection = last
        }
        for registration in try await registrations() { try body(registration.record(.putUpstreamRegistration)) }
    }
}
