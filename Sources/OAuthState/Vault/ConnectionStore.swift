package import OAuthProtocol

/// Stores users' connections.
package protocol ConnectionStore: Sendable {
    /// Stores the tokens of a login; the same account again replaces them and keeps those that the provider left out.
    ///
    /// Nothing is kept of tokens that another client obtained, or that the provider has ended.
    func store(
        _ draft: ConnectionDraft,
        candidate: ConnectionID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome>
    /// The connection of a user at an upstream: the one that the user chose, otherwise one of `preferred` if possible,
    /// otherwise the one that was connected first.
    ///
    /// With `account` only connections of that account count, and the choice does not.
    func credential(
        for userID: UserID,
        upstream: String,
        preferred: [ConnectionID],
        account: String?
    ) async throws(StoreError) -> Connection?
    /// Makes a connection the one that is used at its upstream when nothing names another.
    ///
    /// The outcome tells whether the user has such a connection.
    func useByDefault(_ id: ConnectionID, of userID: UserID) async throws(StoreError) -> Receipt<Bool>
    /// A connection by its id.
    func connection(_ id: ConnectionID) async throws(StoreError) -> Connection?
    /// All connections of a user.
    func connections(of userID: UserID) async throws(StoreError) -> [Connection]
    /// Records that the tokens of a login are no longer valid, whatever refreshed them since; a later login's tokens
    /// stay.
    ///
    /// The outcome tells whether they were still stored.
    func revoke(
        _ id: ConnectionID,
        obtainedAt: Timestamp,
        reason: String
    ) async throws(StoreError) -> Receipt<Bool>
    /// Records, at most once an hour, that tokens were retrieved; best effort, because nothing depends on it.
    func touch(_ id: ConnectionID, now: Timestamp) async
    /// Erases a connection and its tokens; with `obtainedAt`, only that login's tokens, including any later refresh of
    /// them.
    ///
    /// A disconnection that does not hold is taken back, so that it can be tried again: tokens that are listed nowhere
    /// could not be revoked at the provider. It is not taken back if the user has connected the account again.
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
    /// How the account met the operator's `required_claims` in this login; `nil` for tokens of no login, which leave
    /// what the last login showed.
    package var acceptedClaims: [AcceptedClaim]?

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
        providerSession: ProviderSession? = nil,
        acceptedClaims: [AcceptedClaim]? = nil
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
        self.acceptedClaims = acceptedClaims
    }
}

/// The outcome of storing tokens.
package enum ConnectionOutcome: Hashable, Sendable {
    /// Stored; the connection as it is now.
    case stored(Connection)
    /// The connection was replaced or erased in the meantime; the current one, if any.
    case superseded(Connection?)
    /// The user has the most connections that are allowed.
    case full
}
