import OAuthProtocol

/// What is not a session yet: it is ended by the session that it would become, or by a connection that it rests on.
protocol UnfinishedLogin: Sendable {
    var sessionID: SessionID { get }
    var connections: [ConnectionID] { get }
}

extension PendingAuthorization: UnfinishedLogin {}
extension LoginInHand: UnfinishedLogin {}

extension IssuedCode: UnfinishedLogin {
    var sessionID: SessionID { grant.sessionID }
    var connections: [ConnectionID] { grant.connections }
}

/// A table of logins that are not sessions yet, with indexes by session and by connection: the end of a session or of a
/// connection looks at what it names and at nothing else.
struct LoginTable<Key: Hashable & Sendable, Login: UnfinishedLogin>: Sendable {
    private var logins = ExpiringTable<Key, Login>()
    private var keysBySession = IndexTable<SessionID, Key>()
    private var keysByConnection = IndexTable<ConnectionID, Key>()

    /// How many are kept, expired ones that were not swept yet included.
    var count: Int { logins.count }

    subscript(key: Key) -> Login? { logins[key] }

    mutating func insert(_ login: Login, for key: Key, expiry: Timestamp) {
        remove(key)
        logins.insert(login, for: key, expiry: expiry)
        keysBySession.insert(key, for: login.sessionID)
        for connection in login.connections { keysByConnection.insert(key, for: connection) }
    }

    /// Replaces a login that is there by one of the same session and connections, or removes it; its expiry stays.
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
        keysBySession.remove(key, for: login.sessionID)
        for connection in login.connections { keysByConnection.remove(key, for: connection) }
    }

    /// Those that an ending names, by their session or by one of their connections.
    func keys(coveredBy ending: SessionEnding) -> Set<Key> {
        var keys: Set<Key> = []
        for id in ending.sessions { keys.formUnion(keysBySession[id]) }
        for id in ending.connections { keys.formUnion(keysByConnection[id]) }
        return keys
    }

    /// Whether some login that a test picks rests on a connection.
    func contains(_ connection: ConnectionID, where isPicked: (Login) -> Bool = { _ in true }) -> Bool {
        keysByConnection[connection].contains { logins[$0].map(isPicked) ?? false }
    }
}
