import HashTreeCollections
package import OAuthProtocol

/// Which sessions an operator asks for; each part that is given must hold.
package struct SessionFilter: Hashable, Sendable {
    /// The user.
    package var userID: UserID?
    /// The client.
    package var clientID: String?
    /// The resource, in its registered spelling.
    package var resource: String?
    /// Only sessions that began before this time, as far as their end and the present lifetimes tell.
    package var beganBefore: Timestamp?
    /// Only sessions that use one of these connections.
    package var connections: Set<ConnectionID>?

    /// Every session.
    package init(
        userID: UserID? = nil,
        clientID: String? = nil,
        resource: String? = nil,
        beganBefore: Timestamp? = nil,
        connections: Set<ConnectionID>? = nil
    ) {
        self.userID = userID
        self.clientID = clientID
        self.resource = resource
        self.beganBefore = beganBefore
        self.connections = connections
    }

    /// Whether a session has all that is asked for.
    package func matches(_ session: Session, policy: SessionPolicy) -> Bool {
        (userID.map { session.userID == $0 } ?? true)
            && (clientID.map { session.clientID.hasSameBytes(as: $0) } ?? true)
            && (resource.map { session.resource.hasSameBytes(as: $0) } ?? true)
            && (beganBefore.map { policy.beginning(of: session) < $0 } ?? true)
            && (connections.map { used in session.connections.contains(where: used.contains) } ?? true)
    }
}

/// Pages of the tables for operators, in the order of ids.
///
/// Every page reads a whole table, or a copy of it, without a turn of its store: for people and their commands, never
/// on the path of a client's request.
package protocol StateListing: Sendable {
    /// Live sessions after an id, at most `limit`.
    func sessions(
        _ filter: SessionFilter,
        after id: SessionID?,
        limit: Int,
        now: Timestamp
    ) async throws(StoreError) -> [Session]
    /// Users after an id, at most `limit`; `text` must be part of name or verified address, in any case of letters.
    func users(containing text: String?, after id: UserID?, limit: Int) async throws(StoreError) -> [User]
    /// Clients known by registration or document, after an id, at most `limit`.
    func clients(after id: String?, limit: Int) async throws(StoreError) -> [ClientRecord]
    /// Remembered consents after an id, at most `limit`: of a user, of a client, or all.
    func consents(
        of userID: UserID?,
        to clientID: String?,
        after id: String?,
        limit: Int,
        now: Timestamp
    ) async throws(StoreError) -> [RememberedConsent]
}

extension MemoryStores: StateListing {
    @concurrent
    package func sessions(
        _ filter: SessionFilter,
        after id: SessionID?,
        limit: Int,
        now: Timestamp
    ) async throws(StoreError) -> [Session] {
        let policy = self.sessions.policy
        if let userID = filter.userID {
            let own = await self.sessions.sessions(of: userID, now: now)
            return Self.page(own, after: id?.value, limit: limit, \.id.value) {
                filter.matches($0, policy: policy)
            }
        }
        let rows = await self.sessions.rows
        return Self.page(rows.values, after: id?.value, limit: limit, \.id.value) { session in
            filter.matches(session, policy: policy) && session.isLive(now: now)
                && (session.agent?.parent.map { rows[$0]?.isLive(now: now) ?? false } ?? true)
        }
    }

    @concurrent
    package func users(containing text: String?, after id: UserID?, limit: Int) async throws(StoreError) -> [User] {
        let text = text?.lowercased()
        return Self.page(await vault.users.values, after: id?.value, limit: limit, \.id.value) { user in
            guard let text else { return true }
            return [user.name, user.verifiedEmail].contains { $0?.lowercased().contains(text) ?? false }
        }
    }

    @concurrent
    package func clients(after id: String?, limit: Int) async throws(StoreError) -> [ClientRecord] {
        Self.page(self.clients.records, after: id, limit: limit, \.client.id) { _ in true }
    }

    @concurrent
    package func consents(
        of userID: UserID?,
        to clientID: String?,
        after id: String?,
        limit: Int,
        now: Timestamp
    ) async throws(StoreError) -> [RememberedConsent] {
        Self.page(await sessions.consentRows.values, after: id, limit: limit, \.id) { [sessions] consent in
            (userID.map { consent.userID == $0 } ?? true)
                && (clientID.map { consent.clientID.hasSameBytes(as: $0) } ?? true)
                && sessions.isRemembered(consent, now: now)
        }
    }

    /// The first `limit` matching rows after an id, in the order of ids.
    private static func page<Row, ID: Comparable>(
        _ rows: some Sequence<Row>,
        after id: ID?,
        limit: Int,
        _ key: (Row) -> ID,
        _ matches: (Row) -> Bool
    ) -> [Row] {
        var page: [Row] = []
        for row in rows where matches(row) && (id.map { $0 < key(row) } ?? true) {
            page.append(row)
            // Sorted now and then, so that the page never grows far beyond its limit.
            guard page.count >= 2 * limit + 1000 else { continue }
            page.sort { key($0) < key($1) }
            page.removeLast(page.count - limit)
        }
        page.sort { key($0) < key($1) }
        return Array(page.prefix(limit))
    }
}
