import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// Logins, codes, sessions, consents and revoked access tokens in a database.
///
/// Every verb decides and changes in one transaction and one round trip, at READ COMMITTED: the row that decides is
/// locked first, and what must see the changes of others that held the lock is a statement of its own. Locks are taken
/// in the order login, code, session.
package struct PostgreSQLSessions: AuthorizationStore {
    let place: StorePlace

    /// The stores over a database.
    package init(_ place: StorePlace) {
        self.place = place
    }

    var database: any SQLDatabase { place.database }
    var seal: RowSeal { place.seal }
    var limits: StoreLimits { place.limits }
    var policy: SessionPolicy { place.policy }

    /// The only row of a statement that always has one.
    static func only(_ rows: [SQLRow]) throws(StoreError) -> SQLRow {
        guard let row = rows.first else { throw .unavailable }
        return row
    }

    func session(_ row: SQLRow, at start: Int = 0) throws(StoreError) -> Session {
        try SessionRow(row, at: start).session(place.opener)
    }
}

/// What a session takes of a row, as parameters.
extension PostgreSQLSessions {
    /// The columns of a new row, in the order of ``values(of:)``.
    static let insertedColumns = """
        id, user_id, client, resource, scopes, connections, absolute_expiry, idle_expiry, generation, rotated_at, \
        rotated_network, rotated_agent, bound_key, token_hash, parent_id, created_at, body, sweep_at, repeats
        """

    /// The parameters of a new row, from the parameter of this number on.
    static func insertedValues(from first: Int) -> String {
        let types = [
            "bytea", "bytea", "bytea", "bytea", "bytea[]", "bytea[]", "bigint", "bigint", "bigint", "bigint", "bigint",
            "bigint", "bytea", "bytea", "bytea", "bigint", "bytea",
        ]
        let values = types.enumerated().map { "$\(first + $0.offset)::\($0.element)" }
        return values.joined(separator: ", ") + ", LEAST($\(first + 6)::bigint, $\(first + 7)::bigint), 0"
    }

    /// A session's values for ``insertedValues(from:)``: 17 of them.
    func values(of session: Session) throws(StoreError) -> [SQLValue] {
        [
            .id(session.id),
            .id(session.userID),
            seal.client(session.clientID),
            seal.resource(session.resource),
            seal.scopes(session.scopes),
            .ids(session.connections),
            .time(session.absoluteExpiry),
            .time(session.idleExpiry),
            .integer(Int64(session.generation)),
            .time(session.rotatedAt),
        ] + seal.origin(session.rotatedBy) + [
            .digest(session.boundKey?.digest),
            .digest(session.agent?.tokenHash),
            .id(session.agent?.parent),
            .time(session.agent?.createdAt),
            .bytes(try seal.seal(session, table: SessionRow.table, identity: session.id.bytes)),
        ]
    }

    /// A condition that a row of `sessions s` is still as a session was, from the parameter of this number on.
    ///
    /// What was made or changed since is never taken back.
    static func isUnchanged(from first: Int) -> String {
        """
        s.id = $\(first)::bytea AND s.generation = $\(first + 1)::bigint AND s.rotated_at = $\(first + 2)::bigint
        AND s.idle_expiry = $\(first + 3)::bigint AND s.rotated_network IS NOT DISTINCT FROM $\(first + 4)::bigint
        AND s.rotated_agent IS NOT DISTINCT FROM $\(first + 5)::bigint
        AND s.bound_key IS NOT DISTINCT FROM $\(first + 6)::bytea
        """
    }

    /// A session's values for ``isUnchanged(from:)``: 7 of them.
    func unchangedValues(of session: Session) -> [SQLValue] {
        [
            .id(session.id),
            .integer(Int64(session.generation)),
            .time(session.rotatedAt),
            .time(session.idleExpiry),
        ] + seal.origin(session.rotatedBy) + [.digest(session.boundKey?.digest)]
    }
}
