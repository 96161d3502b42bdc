package import OAuthProtocol
package import OAuthState

/// Users and connections behind a ``Network``.
package struct NetworkedVault: VaultStore {
    /// The stores behind the network, where a test looks at what holds.
    package let far: TokenVault
    private let network: Network

    /// The same stores, behind a network.
    package init(far: TokenVault, network: Network) {
        self.far = far
        self.network = network
    }

    package func resolveUser(
        _ login: UserLogin,
        candidate: UserID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<UserID?> {
        try await network.change("resolveUser") { () throws(StoreError) in
            try await far.resolveUser(login, candidate: candidate, now: now)
        }
    }

    package func user(_ id: UserID) async throws(StoreError) -> User? {
        try await network.ask("user") { await far.user(id) }
    }

    package func userID(of identity: IdentityKey) async throws(StoreError) -> UserID? {
        try await network.ask("userID") { await far.userID(of: identity) }
    }

    package func endLogins(of id: UserID) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("endLogins") { () throws(StoreError) in try await far.endLogins(of: id) }
    }

    package func store(
        _ draft: ConnectionDraft,
        candidate: ConnectionID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome> {
        try await network.change("store") { () throws(StoreError) in
            try await far.store(draft, candidate: candidate, now: now)
        }
    }

    package func credential(
        for userID: UserID,
        upstream: String,
        preferred: [ConnectionID],
        account: String?
    ) async throws(StoreError) -> Connection? {
        try await network.ask("credential") { () throws(StoreError) in
            await far.credential(
                for: userID,
                upstream: upstream,
                preferred: preferred,
                account: account
            )
        }
    }

    package func useByDefault(_ id: ConnectionID, of userID: UserID) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("useByDefault") { () throws(StoreError) in
            try await far.useByDefault(id, of: userID)
        }
    }

    package func connection(_ id: ConnectionID) async throws(StoreError) -> Connection? {
        try await network.ask("connection") { await far.connection(id) }
    }

    package func connections(of userID: UserID) async throws(StoreError) -> [Connection] {
        try await network.ask("connections(of:)") { await far.connections(of: userID) }
    }

    package func isConnected(
        account: String,
        upstream: String,
        byAnotherThan userID: UserID
    ) async throws(StoreError) -> Bool {
        try await network.ask("isConnected") {
            await far.isConnected(account: account, upstream: upstream, byAnotherThan: userID)
        }
    }

    package func connections(ofAccount account: String, at upstream: String) async throws(StoreError) -> [Connection] {
        try await network.ask("connections(ofAccount:)") { await far.connections(ofAccount: account, at: upstream) }
    }

    package func connections(
        ofProviderSession session: String,
        at upstream: String
    ) async throws(StoreError) -> [Connection] {
        try await network.ask("connections(ofProviderSession:)") {
            await far.connections(ofProviderSession: session, at: upstream)
        }
    }

    package func connections(after id: ConnectionID?, limit: Int) async throws(StoreError) -> [Connection] {
        try await network.ask("connections(after:)") { await far.connections(after: id, limit: limit) }
    }

    package func revoke(
        _ id: ConnectionID,
        obtainedAt: Timestamp,
        reason: String
    ) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("revoke(connection)") { () throws(StoreError) in
            try await far.revoke(id, obtainedAt: obtainedAt, reason: reason)
        }
    }

    package func touch(_ id: ConnectionID, now: Timestamp) async { await far.touch(id, now: now) }

    package func disconnect(_ id: ConnectionID, obtainedAt: Timestamp?) async throws(StoreError) -> Receipt<Connection?>
    {
        try await network.change("disconnect") { () throws(StoreError) in
            try await far.disconnect(id, obtainedAt: obtainedAt)
        }
    }

    package func beginRefresh(
        _ id: ConnectionID,
        version: UInt32,
        by holder: LeaseHolder,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RefreshLease> {
        try await network.change("beginRefresh") { () throws(StoreError) in
            try await far.beginRefresh(id, version: version, by: holder, now: now)
        }
    }

    package func replace(
        _ refresh: ConnectionRefresh,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome> {
        try await network.change("replace") { () throws(StoreError) in try await far.replace(refresh, now: now) }
    }

    package func mark(
        _ id: ConnectionID,
        version: UInt32,
        _ status: Connection.Status,
        reason: String?
    ) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("mark") { () throws(StoreError) in
            try await far.mark(id, version: version, status, reason: reason)
        }
    }

    package func endRefresh(_ id: ConnectionID, by holder: LeaseHolder) async { await far.endRefresh(id, by: holder) }

    package func takeDueRefreshes(
        at upstream: String,
        usedSince: Timestamp,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> DueRefreshes {
        try await network.ask("takeDueRefreshes") {
            await far.takeDueRefreshes(at: upstream, usedSince: usedSince, now: now, limit: limit)
        }
    }

    package func rename(
        _ connection: Connection,
        to upstream: String,
        as tokens: SealedTokens
    ) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("rename") { () throws(StoreError) in
            try await far.rename(connection, to: upstream, as: tokens)
        }
    }

    package func reseal(_ connection: Connection, as tokens: SealedTokens) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("reseal") { () throws(StoreError) in try await far.reseal(connection, as: tokens) }
    }

    package func registration(of upstream: String) async throws(StoreError) -> StoredUpstreamRegistration? {
        try await network.ask("registration") { await far.registration(of: upstream) }
    }

    package func keep(_ registration: StoredUpstreamRegistration) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await network.change("keep") { () throws(StoreError) in try await far.keep(registration) }
    }

    package func registrations() async throws(StoreError) -> [StoredUpstreamRegistration] {
        try await network.ask("registrations") { await far.registrations() }
    }
}
