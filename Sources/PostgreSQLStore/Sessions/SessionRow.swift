import OAuthProtocol
package import OAuthState
import OpenSSLCrypto

/// A row of `sessions`: what changes, or is decided on, is in columns of its own; the rest is in the sealed body.
package struct SessionRow: Sendable {
    /// The table, and what bodies are sealed for.
    static let table = "sessions"

    private let id: SessionID
    private let body: [UInt8]
    private let absoluteExpiry: Timestamp
    private let idleExpiry: Timestamp
    private let generation: UInt32
    private let rotatedAt: Timestamp
    /// Network and user agent of the last refresh, masked.
    private let rotatedBy: (network: Int64, agent: Int64)?
    private let boundKey: KeyThumbprint?

    /// The columns that ``init(_:at:)`` reads, of the table, or of a subquery, with this alias.
    package static func columns(of alias: String) -> String {
        [
            "id", "body", "absolute_expiry", "idle_expiry", "generation", "rotated_at", "rotated_network",
            "rotated_agent", "bound_key",
        ].map { "\(alias).\($0)" }.joined(separator: ", ")
    }

    /// The columns of `sessions s`.
    package static let columns = columns(of: "s")
    /// How many columns a row takes.
    package static let columnCount = 9

    /// The condition that the session with this alias can still be used at the time of a parameter, by itself.
    package static func isLive(_ alias: String, at now: String) -> String {
        "LEAST(\(alias).absolute_expiry, \(alias).idle_expiry) > \(now)::bigint"
    }

    /// The condition that the session with this alias can still be used at the time of a parameter: an agent's only as
    /// long as the one that it ends with.
    package static func isUsable(_ alias: String, at now: String) -> String {
        """
        (\(isLive(alias, at: now)) AND (\(alias).parent_id IS NULL OR EXISTS (
            SELECT 1 FROM sessions parent WHERE parent.id = \(alias).parent_id AND \(isLive("parent", at: now)))))
        """
    }

    /// Reads the columns from a place on.
    package init(_ row: SQLRow, at start: Int = 0) throws(StoreError) {
        id = try row.id(start)
        body = try row.bytes(start + 1)
        absoluteExpiry = try row.time(start + 2)
        idleExpiry = try row.time(start + 3)
        guard let generation = UInt32(exactly: try row.integer(start + 4)) else { throw .unavailable }
        self.generation = generation
        rotatedAt = try row.time(start + 5)
        rotatedBy =
            try row.isNull(start + 6)
            ? nil
            : (try row.integer(start + 6), try row.integer(start + 7))
        boundKey = try row.isNull(start + 8) ? nil : KeyThumbprint(digest: try row.digest(start + 8))
    }

    /// Reads the columns of an outer join, which are null where there is no session.
    static func optional(_ row: SQLRow, at start: Int) throws(StoreError) -> SessionRow? {
        try row.isNull(start) ? nil : try SessionRow(row, at: start)
    }

    /// The session, with what the columns say in place of what its body says.
    package func session(_ opener: RowOpener) throws(StoreError) -> Session {
        let sealed = try opener.open(Session.self, body, table: Self.table, identity: id.bytes)
        return Session(
            id: id,
            userID: sealed.userID,
            clientID: sealed.clientID,
            scopes: sealed.scopes,
            resource: sealed.resource,
            connections: sealed.connections,
            authenticatedAt: sealed.authenticatedAt,
            absoluteExpiry: absoluteExpiry,
            idleExpiry: idleExpiry,
            generation: generation,
            rotatedAt: rotatedAt,
            claims: sealed.claims,
            isFederated: sealed.isFederated,
            boundKey: boundKey,
            agent: sealed.agent,
            rotatedBy: rotatedBy.map { opener.seal.origin(network: $0.network, agent: $0.agent) }
        )
    }
}
