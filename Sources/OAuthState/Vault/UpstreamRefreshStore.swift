package import OAuthProtocol
package import OpenSSLCrypto

/// How a store takes part in the refresh of a connection's tokens: one at a time, over all nodes.
///
/// A provider that rotates refresh tokens accepts each of them once: two nodes that redeem the same one would end the
/// user's session at the provider.
package protocol UpstreamRefreshStore: Sendable {
    /// Takes the right to refresh a connection, for at most ``RefreshLease/lifetime``.
    ///
    /// The same holder gets it again: within a process the caller ensures that only one refresh is in progress.
    func beginRefresh(
        _ id: ConnectionID,
        version: UInt32,
        by holder: LeaseHolder,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RefreshLease>
    /// Stores the tokens of a refresh, if the connection is still the one that was refreshed, and ends the lease.
    ///
    /// The change is made even while nothing can be made durable, because the provider has consumed the old refresh
    /// token.
    func replace(
        _ refresh: ConnectionRefresh,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome>
    /// Records that a connection is unusable, or usable again, and ends the lease; returns whether it still had this
    /// version and was not revoked.
    ///
    /// A connection that was revoked remains so: only a login brings it back (LO-1).
    ///
    /// Erases the refresh token if the provider has called it dead (``Connection/meansDeadRefreshToken(_:reason:)``):
    /// it must not be sent again, not even after a login that brings none.
    func mark(
        _ id: ConnectionID,
        version: UInt32,
        _ status: Connection.Status,
        reason: String?
    ) async throws(StoreError) -> Receipt<Bool>
    /// Ends a lease after a refresh that changed nothing; best effort, because a lease ends by itself.
    func endRefresh(_ id: ConnectionID, by holder: LeaseHolder) async
    /// Takes up to `limit` connections at an upstream that were used since a moment and whose refresh is due, by their
    /// expiry or by a report. Each is taken again after half a minute unless it was refreshed in the meantime.
    func takeDueRefreshes(
        at upstream: String,
        usedSince: Timestamp,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> DueRefreshes
    /// Replaces tokens by the same tokens, sealed again; returns whether they were still stored.
    func reseal(_ connection: Connection, as tokens: SealedTokens) async throws(StoreError) -> Receipt<Bool>
    /// Gives a connection the new name of its upstream, with its tokens sealed for that place; everything else stays.
    ///
    /// Returns false when the connection was changed in the meantime, or when its user has already connected the
    /// account under the new name.
    func rename(
        _ connection: Connection,
        to upstream: String,
        as tokens: SealedTokens
    ) async throws(StoreError) -> Receipt<Bool>
}

/// Connections whose refresh is due.
package struct DueRefreshes: Hashable, Sendable {
    /// The connections.
    package var connections: [Connection]
    /// Whether no other is due; false when the search was cut short to keep the store's turn short.
    package var isComplete: Bool

    /// Some of the connections that are due, or all of them.
    package init(connections: [Connection], isComplete: Bool) {
        self.connections = connections
        self.isComplete = isComplete
    }
}

/// A process that may hold leases; each start is another one.
package struct LeaseHolder: Hashable, Sendable {
    /// 128 random bits, in hexadecimal.
    package let name: String

    /// A holder whose name no other process has.
    package init(random: any RandomSource) {
        name = random.bytes(16).map { String($0, radix: 16) }.joined(separator: "-")
    }
}

/// Whether a refresh may begin.
package enum RefreshLease: Hashable, Sendable {
    /// It may; the current connection.
    case granted(Connection)
    /// Another node is refreshing it, until this moment at the latest.
    case held(until: Timestamp)
    /// There is nothing to refresh: the tokens are newer, or the connection is revoked or erased.
    case superseded(Connection?)

    /// How long a lease is valid: longer than discovery, registration and the token request may take together.
    package static let lifetime: Duration = .seconds(60)
}

/// The tokens of a refresh, sealed for their place.
package struct ConnectionRefresh: Hashable, Sendable {
    package var id: ConnectionID
    /// The version whose refresh token was redeemed.
    package var version: UInt32
    package var tokens: SealedTokens
    /// The scopes that the provider named; `nil` keeps the old ones (RFC 6749 §5.1).
    package var scopes: ScopeSet?
    package var accessTokenExpiry: Timestamp?
    /// Whether the tokens name another account than the connection's: they are stored, and never retrieved (UP-2).
    package var belongsToAnotherAccount: Bool

    /// The reason of a connection whose refresh yielded another account's tokens.
    package static let otherAccount = "other_account"

    /// A refresh.
    package init(
        id: ConnectionID,
        version: UInt32,
        tokens: SealedTokens,
        scopes: ScopeSet?,
        accessTokenExpiry: Timestamp?,
        belongsToAnotherAccount: Bool = false
    ) {
        self.belongsToAnotherAccount = belongsToAnotherAccount
        self.id = id
        self.version = version
        self.tokens = tokens
        self.scopes = scopes
        self.accessTokenExpiry = accessTokenExpiry
    }
}
