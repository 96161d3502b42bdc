package import OAuthProtocol

/// Where users' connections are kept.
package protocol ConnectionStore: Sendable {
    /// Keeps the tokens of a login; the same account again replaces them and keeps what the provider left out.
    func store(
        _ draft: ConnectionDraft,
        candidate: ConnectionID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome>
    /// The connection of a user at an upstream: one of `preferred` if possible, else the latest.
    func credential(
        for userID: UserID,
        upstream: String,
        preferred: [ConnectionID],
        account: String?
    ) async throws(StoreError) -> Connection?
    /// A connection by its id.
    func connection(_ id: ConnectionID) async throws(StoreError) -> Connection?
    /// Everything that a user has connected.
    func connections(of userID: UserID) async throws(StoreError) -> [Connection]
    /// Notes that the tokens of a login are worth nothing, whatever refreshed them since; a later login's stay.
    ///
    /// The outcome is whether they were still there.
    func revoke(
        _ id: ConnectionID,
        obtainedAt: Timestamp,
        reason: String
    ) async throws(StoreError) -> Receipt<Bool>
    /// Notes, at most once an hour, that tokens were retrieved; best effort, because nothing rests on it.
    func touch(_ id: ConnectionID, now: Timestamp) async
    /// Erases a connection and its tokens; with `obtainedAt`, only that login's tokens, including any later refresh of them.
    ///
    /// A disconnection that does not hold is taken back, so that it can be tried again: tokens that are nowhere listed could
    /// not be revoked at the provider. It is not taken back where the user has connected the account anew.
    func disconnect(
        _ id: ConnectionID,
        obtainedAt: Timestamp?
    ) async throws(StoreError) -> Receipt<Connection?>
}

extension ConnectionStore {
    /// Erases a connection and its tokens, whichever login they came from.
    package func disconnect(_ id: ConnectionID) async throws(StoreError) -> Receipt<Connection?> {
        try await disconnect(id, obtainedAt: nil)
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

/// What became of tokens.
package enum ConnectionOutcome: Hashable, Sendable {
    /// Kept; the connection as it is now.
    case stored(Connection)
    /// The connection was replaced or erased in the meantime; the one that is there now, if any.
    case superseded(Connection?)
    /// The user has as many connections as are allowed.
    case full
}
