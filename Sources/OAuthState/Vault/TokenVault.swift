package import DurableLog
import HashTreeCollections
package import OAuthProtocol

/// Owns users, identities and connections. Tokens are sealed before they arrive and opened after they leave.
package actor TokenVault: VaultStore {
    let journal: any ChangeJournal
    let limits: StoreLimits
    var users: TreeDictionary<UserID, User> = [:]
    var identities: TreeDictionary<IdentityKey, UserID> = [:]
    var connectionTable = ConnectionTable()
    /// Changed with the table; the refreshes of sessions read it.
    private let endedConnections: EndedConnections
    var registrationTable: [String: StoredUpstreamRegistration] = [:]
    var leases: [ConnectionID: HeldLease] = [:]

    /// An empty vault.
    package init(
        journal: any ChangeJournal,
        limits: StoreLimits = .init(),
        endedConnections: EndedConnections = .init()
    ) {
        self.journal = journal
        self.limits = limits
        self.endedConnections = endedConnections
    }

    // MARK: - Users

    package func resolveUser(
        _ login: UserLogin,
        candidate: UserID,
        now: Timestamp
    ) throws(StoreError) -> Receipt<UserID?> {
        try journal.requireAvailability()
        if let known = identities[login.identity] {
            return journal.receipt(known, at: update(known, login))
        }
        guard users.count < limits.usersMax else { return journal.receipt(nil) }
        let user = User(
            id: candidate,
            name: login.name,
            verifiedEmail: login.verifiedEmail,
            connections: [],
            createdAt: now
        )
        users[candidate] = user
        identities[login.identity] = candidate
        // One record: a crash between two would leave a user whom no login finds, and who counts against the bound.
        return journal.receipt(candidate, at: journal.append(Self.record(of: user, login.identity)))
    }

    private func update(_ id: UserID, _ login: UserLogin) -> JournalPosition {
        guard var user = users[id] else { return journal.lastPosition }
        let updated = (login.name ?? user.name, login.verifiedEmail ?? user.verifiedEmail)
        guard updated != (user.name, user.verifiedEmail) else { return journal.lastPosition }
        (user.name, user.verifiedEmail) = updated
        return put(user)
    }

    @discardableResult
    private func put(_ user: User) -> JournalPosition {
        users[user.id] = user
        return journal.append(user.record)
    }

    package func user(_ id: UserID) -> User? {
        users[id]
    }

    package func endLogins(of id: UserID) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard var user = users[id] else { return journal.receipt(false) }
        user.loginEpoch &+= 1
        return journal.receipt(true, at: put(user))
    }

    package func userID(of identity: IdentityKey) -> UserID? {
        identities[identity]
    }

    // MARK: - Connections

    package func store(
        _ draft: ConnectionDraft,
        candidate: ConnectionID,
        now: Timestamp
    ) throws(StoreError) -> Receipt<ConnectionOutcome> {
        try journal.requireAvailability()
        guard var user = users[draft.userID] else { return journal.receipt(.superseded(nil)) }
        // By bytes: the provider may distinguish accounts that Swift's `==` considers equal.
        let older = connections(of: user).first {
            $0.upstream == draft.upstream && $0.account.hasSameBytes(as: draft.account)
        }
        guard older != nil || user.connections.count < limits.connectionsPerUserMax else {
            return journal.receipt(.full)
        }
        let connection = Connection(
            id: older?.id ?? candidate,
            userID: draft.userID,
            upstream: draft.upstream,
            account: draft.account,
            accountName: draft.accountName ?? older?.accountName,
            // A refresh token is bound to the client that it was issued to: another client's is not carried over
            // (VR-8). Neither is one that the provider has ended.
            tokens: older.map {
                ClientBinding.continues($0.upstreamClientID, as: draft.upstreamClientID) && $0.hasLiveRefreshToken
                    ? draft.tokens.keepingAbsent(from: $0.tokens) : draft.tokens
            }
                ?? draft.tokens,
            scopes: draft.scopes,
            accessTokenExpiry: draft.accessTokenExpiry,
            upstreamClientID: draft.upstreamClientID,
            status: .active,
            reason: nil,
            obtainedAt: now,
            refreshedAt: nil,
            usedAt: older?.usedAt,
            version: (older?.version ?? 0) &+ 1,
            providerSessions: Self.sessions(older?.providerSessions ?? [], joinedBy: draft.providerSession),
            acceptedClaims: draft.acceptedClaims ?? older?.acceptedClaims ?? []
        )
        if older == nil {
            user.connections.append(connection.id)
            put(user)
        }
        return journal.receipt(.stored(connection), at: put(connection))
    }

    private static func sessions(
        _ older: [ProviderSession],
        joinedBy session: ProviderSession?
    ) -> [ProviderSession] {
        guard let session else { return older }
        let others = older.filter { $0.sessionID != session.sessionID }
        return others.suffix(Connection.providerSessionCountMax - 1) + [session]
    }

    package func replace(_ refresh: ConnectionRefresh, now: Timestamp) throws(StoreError) -> Receipt<ConnectionOutcome>
    {
        leases[refresh.id] = nil
        // A refresh that was in progress when the connection was revoked must not restore it (VT-2, LO-1).
        guard var connection = connectionTable[refresh.id], connection.version == refresh.version,
            connection.status != .revoked
        else {
            return journal.receipt(.superseded(connectionTable[refresh.id]))
        }
        connection.tokens = refresh.tokens.keepingAbsent(from: connection.tokens)
        connection.scopes = refresh.scopes ?? connection.scopes
        connection.accessTokenExpiry = refresh.accessTokenExpiry
        connection.status = refresh.belongsToAnotherAccount ? .reauthorizationRequired : .active
        connection.reason = refresh.belongsToAnotherAccount ? ConnectionRefresh.otherAccount : nil
        connection.refreshedAt = now
        connection.version &+= 1
        return journal.receipt(.stored(connection), at: put(connection))
    }

    /// Replaces tokens by the same tokens, sealed again; tokens that replaced them in the meantime stay.
    package func reseal(_ connection: Connection, as tokens: SealedTokens) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard var present = connectionTable[connection.id], present.version == connection.version,
            present.tokens == connection.tokens
        else { return journal.receipt(false) }
        present.tokens = tokens
        return journal.receipt(true, at: put(present))
    }

    /// Replaces a connection by the same one at the new name of its upstream.
    package func rename(
        _ connection: Connection,
        to upstream: String,
        as tokens: SealedTokens
    ) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard let present = connectionTable[connection.id], present.version == connection.version,
            present.tokens == connection.tokens,
            !connections(of: present.userID).contains(where: {
                $0.upstream == upstream && $0.account.hasSameBytes(as: present.account)
            })
        else { return journal.receipt(false) }
        return journal.receipt(true, at: put(present.renamed(to: upstream, as: tokens)))
    }

    package func mark(
        _ id: ConnectionID,
        version: UInt32,
        _ status: Connection.Status,
        reason: String?
    ) throws(StoreError) -> Receipt<Bool> {
        // A connection that was revoked remains so: only a login brings it back (LO-1).
        guard var connection = connectionTable[id], connection.version == version,
            connection.status != .revoked || status == .revoked
        else {
            return journal.receipt(false)
        }
        leases[id] = nil
        guard connection.status != status || connection.reason != reason else { return journal.receipt(true) }
        connection.status = status
        connection.reason = reason
        if Connection.meansDeadRefreshToken(status, reason: reason) { connection.tokens.refreshToken = nil }
        return journal.receipt(true, at: put(connection))
    }

    package func revoke(_ id: ConnectionID, obtainedAt: Timestamp, reason: String) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard let connection = connectionTable[id], connection.obtainedAt == obtainedAt else {
            return journal.receipt(false)
        }
        return try mark(id, version: connection.version, .revoked, reason: reason)
    }

    package func credential(
        for userID: UserID,
        upstream: String,
        preferred: [ConnectionID],
        account: String?
    ) -> Connection? {
        guard let user = users[userID] else { return nil }
        let candidates = connections(of: user).filter { connection in
            connection.upstream == upstream
                && (account.map { $0.hasSameBytes(as: connection.account) || $0 == connection.accountName } ?? true)
        }
        // A named account may be connected twice under one name; then the choice among all accounts says nothing.
        let chosen = account == nil ? candidates.first { user.defaults.contains($0.id) } : nil
        return chosen ?? candidates.first { preferred.contains($0.id) } ?? candidates.first
    }

    package func useByDefault(_ id: ConnectionID, of userID: UserID) throws(StoreError) -> Receipt<Bool> {
        try journal.requireAvailability()
        guard let connection = connectionTable[id], connection.userID == userID, var user = users[userID] else {
            return journal.receipt(false)
        }
        user.defaults.removeAll { connectionTable[$0].map { $0.upstream == connection.upstream } ?? true }
        user.defaults.append(id)
        return journal.receipt(true, at: put(user))
    }

    package func connection(_ id: ConnectionID) -> Connection? {
        connectionTable[id]
    }

    package func connections(of userID: UserID) -> [Connection] {
        users[userID].map(connections(of:)) ?? []
    }

    private func connections(of user: User) -> [Connection] {
        user.connections.compactMap { connectionTable[$0] }
    }

    package func touch(_ id: ConnectionID, now: Timestamp) {
        // Skipped while the journal cannot write: a last-used time is not worth its buffer space.
        guard var connection = connectionTable[id], journal.isAvailable else { return }
        if let last = connection.usedAt, now - last < .seconds(3600) {
            return
        }
        connection.usedAt = now
        put(connection)
    }

    package func disconnect(_ id: ConnectionID, obtainedAt: Timestamp?) throws(StoreError) -> Receipt<Connection?> {
        try journal.requireAvailability()
        guard let connection = connectionTable[id], obtainedAt == nil || obtainedAt == connection.obtainedAt else {
            return journal.receipt(nil)
        }
        forget(id)
        // The tokens go first: a crash in between leaves no token that the user does not see listed.
        var position = journal.append(BinaryWriter.record(.removeConnection) { $0.write(id) })
        if var user = users[connection.userID] {
            user.connections.removeAll { $0 == id }
            user.defaults.removeAll { $0 == id }
            position = put(user)
        }
        return journal.receipt(connection, at: position) { await self.reconnect(connection) }
    }

    /// Takes back a disconnection, unless the user has connected the account again.
    private func reconnect(_ connection: Connection) {
        guard var user = users[connection.userID], connectionTable[connection.id] == nil,
            !connections(of: user).contains(where: {
                $0.upstream == connection.upstream && $0.account.hasSameBytes(as: connection.account)
            })
        else { return }
        // After the records of the disconnection, which the journal still holds and writes when it can.
        user.connections.append(connection.id)
        put(user)
        put(connection)
    }

    @discardableResult
    private func put(_ connection: Connection) -> JournalPosition {
        keep(connection)
        return journal.append(connection.journalRecord)
    }

    func keep(_ connection: Connection) {
        connectionTable.keep(connection)
        let endedUpstream = connection.status == .reauthorizationRequired ? connection.upstream : nil
        endedConnections.note(connection.id, endedAt: endedUpstream)
    }

    func forget(_ id: ConnectionID) {
        connectionTable.forget(id)
        endedConnections.note(id, endedAt: nil)
    }

    /// How many users and connections are stored, for metrics.
    package var counts: (users: Int, connections: Int) {
        (users.count, connectionTable.count)
    }
}
