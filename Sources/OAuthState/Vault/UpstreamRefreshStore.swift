package import OAuthProtocol
package import OpenSSLCrypto

/// How the refresh of a connection's tokens goes through a store: one at a time, over all nodes.
///
/// A provider that rotates refresh tokens takes each of them once: two nodes that redeem the same one would end the user's
/// session at the provider.
package protocol UpstreamRefreshStore: Sendable {
    /// Takes the right to refresh a connection, for ``RefreshLease/lifetime`` at most.
    ///
    /// The same holder gets it again: within a process the caller already sees to it that one refresh is under way.
    func beginRefresh(
        _ id: ConnectionID,
        version: UInt32,
        by holder: LeaseHolder,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RefreshLease>
    /// Keeps the tokens of a refresh, if the connection is still the one that was refreshed, and ends the lease.
    ///
    /// It is made even while nothing can be made durable: the provider has taken the old refresh token.
    func replace(
        _ refresh: ConnectionRefresh,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome>
    /// Notes that a connection cannot be used, or can be again, and ends the lease; whether it is still of this version.
    func mark(
        _ id: ConnectionID,
        version: UInt32,
        _ status: Connection.Status,
        reason: String?
    ) async throws(StoreError) -> Receipt<Bool>
    /// Ends a lease after a refresh that changed nothing; best effort, because a lease ends by itself.
    func endRefresh(_ id: ConnectionID, by holder: LeaseHolder) async
    /// Takes up to `limit` connections at an upstream whose refresh is due, by their expiry or by a report, and which were
    /// used since a moment; each is taken again after half a minute unless it was refreshed in the meantime.
    func takeDueRefreshes(
        at upstream: String,
        usedSince: Timestamp,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> DueRefreshes
    /// Puts tokens that were sealed anew in the place of the same ones; whether they were still there.
    func reseal(_ connection: Connection, as tokens: SealedTokens) async throws(StoreError) -> Receipt<Bool>
}

/// Connections whose refresh is due.
package struct DueRefreshes: Hashable, Sendable {
    /// The connections.
    package var connections: [Connection]
    /// Whether no other is due; false when the search was cut short so that the store's turn stays short.
    package var isComplete: Bool

    /// Some connections, of all that are due or of a part.
    package init(connections: [Connection], isComplete: Bool) {
        self.connections = connections
        self.isComplete = isComplete
    }
}

/// A process that may hold leases: another one after each start.
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
    /// It may; the connection as it is now.
    case granted(Connection)
    /// Another node is at it, until then at the latest.
    case held(until: Timestamp)
    /// There is nothing to refresh: the tokens are newer, or the connection is revoked or gone.
    case superseded(Connection?)

    /// How long a lease lives: longer than discovery, registration and the token request may take together.
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
    /// Whether the tokens name another account than the connection's: they are kept, and never retrieved (UP-2).
    package var belongsToAnotherAccount: Bool

    /// The reason of a connection whose refresh brought another account's tokens.
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
