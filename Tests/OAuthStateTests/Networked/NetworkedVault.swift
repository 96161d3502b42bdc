import OAuthProtocol
import OAuthState

/// Users and connections behind a ``Network``.
struct NetworkedVault: VaultStore {
    let far: TokenVault
    let network: Network

    func resolveUser(
        _ login: UserLogin,
        candidate: UserID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<UserID?> {
        try await network.change("resolveUser") { () throws(StoreError) in
            try await far.resolveUser(login, candidate: candidate, now: now)
        }
    }

    func user(_ id: UserID) async throws(StoreError) -> User? {
        try await network.ask("user") { () throws(StoreError) in try Network.carried(await far.user(id)) }
    }

    func userID(of identity: IdentityKey) async throws(StoreError) -> UserID? {
        try await network.ask("userID") { await far.userID(of: identity) }
    }

    func store(
        _ draft: ConnectionDraft,
        candidate: ConnectionID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome> {
        try await network.change("store") { () throws(StoreError) in
            try await far.store(draft, candidate: candidate, now: now)
        }
    }

    func credential(
        for userID: UserID,
        upstream: String,
        preferred: [ConnectionID],
        account: String?
    ) async throws(StoreError) -> Connection? {
        try await network.ask("credential") { () throws(StoreError) in
            try Network.carried(
                await far.credential(for: userID, upstream: upstream, preferred: preferred, account: account)
            )
        }
    }

    func connection(_ id: ConnectionID) async throws(StoreError) -> Connection? {
        try await network.ask("connection") { () throws(StoreError) in try Network.carried(await far.connection(id)) }
    }

    func connections(of userID: UserID) async throws(StoreError) -> [Connection] {
        try await network.ask("connections(of:)") { await far.connections(of: userID) }
    }

    func isConnected(
        account: String,
        upstream: String,
        byAnotherThan userID: UserID
    ) async throws(StoreError) -> Bool {
        try await network.ask("isConnected") {
            await far.isConnected(account: account, upstream: upstream, byAnotherThan: userID)
        }
    }

    func connections(ofAccount account: String, at upstream: String) async throws(StoreError) -> [Connection] {
        try await network.ask("connections(ofAccount:)") { await far.connections(ofAccount: account, at: upstream) }
    }

    func connections(
        ofProviderSession session: String,
        at upstream: String
    ) async throws(StoreError) -> [Connection] {
        try await network.ask("connections(ofProviderSession:)") {
            await far.connections(ofProviderSession: session, at: upstream)
        }
    }

    func connections(after id: ConnectionID?, limit: Int) async throws(StoreError) -> [Connection] {
        try await network.ask("connections(after:)") { await far.connections(after: id, limit: limit) }
    }

    func revoke(
        _ id: ConnectionID,
        obtainedAt: Timestamp,
        reason: String
    ) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("revoke(connection)") { () throws(StoreError) in
            try await far.revoke(id, obtainedAt: obtainedAt, reason: reason)
        }
    }

    func touch(_ id: ConnectionID, now: Timestamp) async { await far.touch(id, now: now) }

    func disconnect(_ id: ConnectionID, obtainedAt: Timestamp?) async throws(StoreError) -> Receipt<Connection?> {
        try await network.change("disconnect") { () throws(StoreError) in
            try await far.disconnect(id, obtainedAt: obtainedAt)
        }
    }

    func beginRefresh(
        _ id: ConnectionID,
        version: UInt32,
        by holder: LeaseHolder,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<RefreshLease> {
        try await network.change("beginRefresh") { () throws(StoreError) in
            try await far.beginRefresh(id, version: version, by: holder, now: now)
        }
    }

    func replace(
        _ refresh: ConnectionRefresh,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<ConnectionOutcome> {
        try await network.change("replace") { () throws(StoreError) in try await far.replace(refresh, now: now) }
    }

    func mark(
        _ id: ConnectionID,
        version: UInt32,
        _ status: Connection.Status,
        reason: String?
    ) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("mark") { () throws(StoreError) in
            try await far.mark(id, version: version, status, reason: reason)
        }
    }

    func endRefresh(_ id: ConnectionID, by holder: LeaseHolder) async { await far.endRefresh(id, by: holder) }

    func takeDueRefreshes(
        at upstream: String,
        usedSince: Timestamp,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> DueRefreshes {
        try await network.ask("takeDueRefreshes") {
            await far.takeDueRefreshes(at: upstream, usedSince: usedSince, now: now, limit: limit)
        }
    }

    func reseal(_ connection: Connection, as tokens: SealedTokens) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("reseal") { () throws(StoreError) in try await far.reseal(connection, as: tokens) }
    }

    func registration(of upstream: String) async throws(StoreError) -> StoredUpstreamRegistration? {
        try await network.ask("registration") { await far.registration(of: upstream) }
    }

    func keep(_ registration: StoredUpstreamRegistration) async throws(StoreError) -> Receipt<StoreAdmission> {
        try await network.change("keep") { () throws(StoreError) in try await far.keep(registration) }
    }

    func registrations() async throws(StoreError) -> [StoredUpstreamRegistration] {
        try await network.ask("registrations") { await far.registrations() }
    }
}
