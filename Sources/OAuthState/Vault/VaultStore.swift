package import OAuthProtocol

/// Where users, their identities and their connections are kept.
package protocol VaultStore: Sendable {
    /// The user of an identity, made now if this is the first login; one user, however many logins race (D-63).
    ///
    /// `nil` when the identity is new and there is no room for another user.
    func resolveUser(_ login: UserLogin, candidate: UserID, now: Timestamp) async -> Recorded<UserID?>
    /// Keeps the tokens of a login; the same account again replaces them and keeps what the provider left out.
    func store(_ draft: ConnectionDraft, candidate: ConnectionID, now: Timestamp) async -> Recorded<ConnectionOutcome>
    /// Keeps the tokens of a refresh, if the connection is still the one that was refreshed.
    func replace(_ refresh: ConnectionRefresh, now: Timestamp) async -> Recorded<ConnectionOutcome>
    /// Notes that a connection cannot be used, or can be again.
    func mark(_ id: ConnectionID, version: UInt32, _ status: Connection.Status, reason: String?) async -> Recorded<Bool>
    /// Notes that the tokens of a login are worth nothing any more, whatever refreshed them meanwhile; a later login's stay.
    func revoke(_ id: ConnectionID, obtainedAt: Timestamp, reason: String) async -> Recorded<Bool>
    /// The connection of a user at an upstream: one of `preferred` if possible, else the latest.
    func credential(
        for userID: UserID,
        upstream: String,
        preferred: [ConnectionID],
        account: String?
    ) async -> Connection?
    /// A connection by its id.
    func connection(_ id: ConnectionID) async -> Connection?
    /// Whether an account at an upstream is connected by another user than this one (D-60).
    func isConnected(account: String, upstream: String, byAnotherThan userID: UserID) async -> Bool
    /// The connections of an account at an upstream, whoever connected it; accounts are compared by bytes.
    func connections(ofAccount account: String, at upstream: String) async -> [Connection]
    /// The connections that a login in a session of the provider made or renewed (OpenID Connect Back-Channel Logout 1.0
    /// §2.1).
    func connections(ofProviderSession session: String, at upstream: String) async -> [Connection]
    /// Up to `limit` connections behind one, in an order of the store's own, for work that goes through all of them in
    /// slices: from the start without one, or when that one is gone, and none at the end.
    ///
    /// A connection that is changed, made or erased in the meantime may be missed or come twice.
    func connections(after id: ConnectionID?, limit: Int) async -> [Connection]
    /// Takes up to `limit` connections at an upstream whose refresh is due, by their expiry or by a report, and which were
    /// used since a moment; each is taken again after half a minute unless it was refreshed in the meantime.
    func takeDueRefreshes(at upstream: String, usedSince: Timestamp, now: Timestamp, limit: Int) async -> DueRefreshes
    /// Everything that a user has connected.
    func connections(of userID: UserID) async -> [Connection]
    /// A user by id.
    func user(_ id: UserID) async -> User?
    /// The user of an identity, if it is known; nobody is made.
    func userID(of identity: IdentityKey) async -> UserID?
    /// Notes, at most once an hour, that tokens were handed out.
    func touch(_ id: ConnectionID, now: Timestamp) async
    /// Erases a connection and its tokens; with a time, only those of the login of then, whatever refreshed them meanwhile.
    func disconnect(_ id: ConnectionID, obtainedAt: Timestamp?) async -> Recorded<Connection?>
    /// Takes a disconnection back that could not be made durable: nothing has happened then, and it can be tried again.
    ///
    /// Nothing happens where the user has connected the account anew.
    func reconnect(_ connection: Connection) async
    /// Those of some connections that the provider ended, so that only the user can mend them.
    func ended(among ids: [ConnectionID]) async -> [Connection]
    /// The upstreams of those, without waiting for a turn: every refresh asks.
    func endedUpstreams(among ids: [ConnectionID]) -> [String]
    /// What a provider registered for us.
    func registration(of upstream: String) async -> StoredUpstreamRegistration?
    /// Keeps what a provider registered for us, in place of an earlier registration there.
    func keep(_ registration: StoredUpstreamRegistration) async -> Recorded<StoreAdmission>
}

extension VaultStore {
    /// Erases a connection and its tokens, whatever became of them meanwhile.
    package func disconnect(_ id: ConnectionID) async -> Recorded<Connection?> {
        await disconnect(id, obtainedAt: nil)
    }
}

/// Who logged in at an upstream provider.
package struct UserLogin: Hashable, Sendable {
    package var identity: IdentityKey
    /// What the provider says the person is called.
    package var name: String?
    /// The address, only if the provider says that it verified it.
    package var verifiedEmail: String?

    /// A login.
    package init(identity: IdentityKey, name: String?, verifiedEmail: String?) {
        self.identity = identity
        self.name = name
        self.verifiedEmail = verifiedEmail
    }
}

/// The tokens of a login, sealed for their place.
package struct ConnectionDraft: Hashable, Sendable {
    package var userID: UserID
    package var upstream: String
    package var account: String
    package var accountName: String?
    package var tokens: SealedTokens
    package var scopes: ScopeSet
    package var accessTokenExpiry: Timestamp?
    package var upstreamClientID: String
    /// The provider's session of this login, if the provider names it, and ours.
    package var providerSession: ProviderSession?

    /// A draft.
    package init(
        userID: UserID,
        upstream: String,
        account: String,
        accountName: String?,
        tokens: SealedTokens,
        scopes: ScopeSet,
        accessTokenExpiry: Timestamp?,
        upstreamClientID: String,
        providerSession: ProviderSession? = nil
    ) {
        self.userID = userID
        self.upstream = upstream
        self.account = account
        self.accountName = accountName
        self.tokens = tokens
        self.scopes = scopes
        self.accessTokenExpiry = accessTokenExpiry
        self.upstreamClientID = upstreamClientID
        self.providerSession = providerSession
    }
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
    /// Whether the tokens name another account than the connection's: they are kept, and never handed out (UP-2).
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

/// What became of tokens.
package enum ConnectionOutcome: Hashable, Sendable {
    /// Kept; the connection as it is now.
    case stored(Connection)
    /// The connection was replaced or erased meanwhile; the one that is there now, if any.
    case superseded(Connection?)
    /// The user has as many connections as are allowed.
    case full
}
