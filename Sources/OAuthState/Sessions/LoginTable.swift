import OAuthProtocol

/// A login that is not a session yet: the end of its future session, or of a connection that it uses, ends it.
protocol UnfinishedLogin: Sendable {
    var sessionID: SessionID { get }
    var clientID: String { get }
    var connections: [ConnectionID] { get }
    var source: SourceNetwork { get }
}

extension PendingAuthorization: UnfinishedLogin {
    var clientID: String { request.clientID }
}

extension LoginInHand: UnfinishedLogin {}

extension IssuedCode: UnfinishedLogin {
    var sessionID: SessionID { grant.sessionID }
    var clientID: String { grant.request.clientID }
    var connections: [ConnectionID] { grant.connections }
    var source: SourceNetwork { grant.source }
}

/// A table of logins that are not sessions yet, indexed by session and by connection: the end of a session or of a
/// connection examines only what it names.
struct LoginTable<Key: Hashable & Sendable, Login: UnfinishedLogin>: Sendable {
    private var logins = ExpiringTable<Key, Login>()
    private var keysBySession = IndexTable<SessionID, Key>()
    private var keysByConnection = IndexTable<ConnectionID, Key>()
    private var shares = SourceShares()

    /// The number of entries, including expired ones that were not swept yet.
    var count: Int { logins.count }

    subscript(key: Key) -> Login? { logins[key] }

    /// Whether a network may have another entry of at most `countMax`.
    func admits(_ source: SourceNetwork, countMax: Int) -> Bool {
        shares.admits(source, count: count, countMax: countMax)
    }

    mutating func insert(_ login: Login, for key: Key, expiry: Timestamp) {
        remove(key)
        logins.insert(login, for: key, expiry: expiry)
        shares.add(login.source)
        keysBySession.insert(key, for: login.sessionID)
        for connection in login.connections { keysByConnection.insert(key, for: connection) }
    }

    /// Replaces an existing login by one with the same session and connections, or removes it; its expiry stays.
    mutating func update(_ login: Login?, for key: Key) {
        guard let login else { return remove(key) }
        logins.update(login, for: key)
    }

    mutating func remove(_ key: Key) {
        guard let login = logins[key] else { return }
        logins.remove(key)
        forget(key, login)
    }

    mutating func expire(now: Timestamp) {
        var dropped: [(Key, Login)] = []
        logins.expire(now: now) { dropped.append(($0, $1)) }
        for (key, login) in dropped { forget(key, login) }
    }

    private mutating func forget(_ key: Key, _ login: Login) {
        shares.remove(login.source)
        keysBySession.remove(key, for: login.sessionID)
        for connection in login.connections { keysByConnection.remove(key, for: connection) }
    }

    /// The logins that an ending names, by their session or by one of their connections.
    func keys(coveredBy ending: SessionEnding) -> Set<Key> {
        var keys: Set<Key> = []
        for id in ending.sessions { keys.formUnion(keysBySession[id]) }
        for id in ending.connections {
            keys.formUnion(
                keysByConnection[id].filter { key in
                    ending.clientID.map { logins[key]?.clientID.hasSameBytes(as: $0) ?? false } ?? true
                }
            )
        }
        return keys
    }

    /// Whether a login that satisfies a condition uses a connection.
    func contains(_ connection: ConnectionID, where isPicked: (Login) -> Bool = { _ in true }) -> Bool {
        keysByConnection[connection].contains { logins[$0].map(isPicked) ?? false }
    }
}
