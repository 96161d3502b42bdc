import OAuthProtocol

/// An entry about a login that is not a session yet: the end of its future session, or of a connection that it uses,
/// ends it.
protocol UnfinishedLogin: Sendable {
    var login: Login { get }
}

extension PendingLogin: UnfinishedLogin {}

extension TakenLogin: UnfinishedLogin {}

extension IssuedCode: UnfinishedLogin {
    var login: Login { grant.login }
}

/// A table of logins that are not sessions yet, indexed by session and by connection: the end of a session or of a
/// connection examines only what it names.
struct LoginTable<Key: Hashable & Sendable, Entry: UnfinishedLogin>: Sendable {
    private var entries = ExpiringTable<Key, Entry>()
    private var keysBySession = IndexTable<SessionID, Key>()
    private var keysByConnection = IndexTable<ConnectionID, Key>()
    private var shares = SourceShares()

    /// The number of entries, including expired ones that were not swept yet.
    var count: Int { entries.count }

    subscript(key: Key) -> Entry? { entries[key] }

    /// Whether a network may have another entry of at most `countMax`.
    func admits(_ source: SourceNetwork, countMax: Int) -> Bool {
        shares.admits(source, count: count, countMax: countMax)
    }

    mutating func insert(_ entry: Entry, for key: Key, expiry: Timestamp) {
        remove(key)
        entries.insert(entry, for: key, expiry: expiry)
        let login = entry.login
        shares.add(login.source)
        keysBySession.insert(key, for: login.sessionID)
        for connection in login.connections { keysByConnection.insert(key, for: connection) }
    }

    /// Replaces an existing entry by one with the same session and connections, or removes it; its expiry stays.
    mutating func update(_ entry: Entry?, for key: Key) {
        guard let entry else { return remove(key) }
        entries.update(entry, for: key)
    }

    mutating func remove(_ key: Key) {
        guard let entry = entries[key] else { return }
        entries.remove(key)
        forget(key, entry.login)
    }

    mutating func expire(now: Timestamp) {
        var dropped: [(Key, Entry)] = []
        entries.expire(now: now) { dropped.append(($0, $1)) }
        for (key, entry) in dropped { forget(key, entry.login) }
    }

    private mutating func forget(_ key: Key, _ login: Login) {
        shares.remove(login.source)
        keysBySession.remove(key, for: login.sessionID)
        for connection in login.connections { keysByConnection.remove(key, for: connection) }
    }

    /// The keys of the logins that an ending names, by their session or by one of their connections.
    func keys(coveredBy ending: SessionEnding) -> Set<Key> {
        var keys: Set<Key> = []
        for id in ending.sessions { keys.formUnion(keysBySession[id]) }
        for id in ending.connections {
            keys.formUnion(
                keysByConnection[id].filter { key in
                    ending.clientID.map { entries[key]?.login.request.clientID.hasSameBytes(as: $0) ?? false } ?? true
                }
            )
        }
        return keys
    }

    /// Whether a login whose entry satisfies a condition uses a connection.
    func contains(_ connection: ConnectionID, where isPicked: (Entry) -> Bool = { _ in true }) -> Bool {
        keysByConnection[connection].contains { entries[$0].map(isPicked) ?? false }
    }
}
