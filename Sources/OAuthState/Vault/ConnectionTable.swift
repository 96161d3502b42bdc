import HashTreeCollections
import OAuthProtocol

/// The connections by id, with an index by account and by session at the provider, and a schedule of their refreshes.
///
/// The index contains hashes, 8 bytes a key. Its results are compared by bytes, because a provider may distinguish
/// accounts that Swift's `==` considers equal.
struct ConnectionTable: Sendable {
    /// Copied in O(1), without the index.
    private(set) var rows: TreeDictionary<ConnectionID, Connection> = [:]
    private var idsByPlace = IndexTable<Int, ConnectionID>()
    private var schedule = RefreshSchedule()

    /// The values that a connection is found by at its upstream.
    private enum Place: Hashable {
        case account
        case session
    }

    var count: Int { rows.count }

    subscript(id: ConnectionID) -> Connection? { rows[id] }

    mutating func keep(_ connection: Connection) {
        let earlier = rows.updateValue(connection, forKey: connection.id)
        schedule.replace(earlier, by: connection)
        // The usual change is of tokens, which are not indexed.
        if let earlier, earlier.providerSessions == connection.providerSessions,
            earlier.upstream.hasSameBytes(as: connection.upstream), earlier.account.hasSameBytes(as: connection.account)
        {
            return
        }
        if let earlier { Self.forEachPlace(of: earlier) { idsByPlace.remove(connection.id, for: $0) } }
        Self.forEachPlace(of: connection) { idsByPlace.insert(connection.id, for: $0) }
    }

    mutating func forget(_ id: ConnectionID) {
        guard let connection = rows.removeValue(forKey: id) else { return }
        schedule.remove(connection)
        Self.forEachPlace(of: connection) { idsByPlace.remove(id, for: $0) }
    }

    /// Up to `limit` connections after one in the order of the tree, which changes of others do not reverse; from the
    /// start without one, or when it is erased.
    func connections(after id: ConnectionID?, limit: Int) -> [Connection] {
        let known = id.flatMap { rows.index(forKey: $0) }
        let start = known.map { rows.index(after: $0) } ?? rows.startIndex
        return rows[start...].prefix(limit).map(\.value)
    }

    /// Takes up to `limit` connections whose refresh is due from the schedule; see ``RefreshSchedule``.
    mutating func takeDue(at upstream: String, now: Timestamp, limit: Int) -> (due: [Connection], isComplete: Bool) {
        let taken = schedule.take(at: upstream, now: now, limit: limit)
        return (taken.ids.compactMap { rows[$0] }, taken.isComplete)
    }

    mutating func postpone(_ connection: Connection, until moment: Timestamp) {
        schedule.postpone(connection, until: moment)
    }

    func connections(ofAccount account: String, at upstream: String) -> [Connection] {
        found(.account, account, upstream).filter { $0.account.hasSameBytes(as: account) }
    }

    func connections(ofProviderSession session: String, at upstream: String) -> [Connection] {
        found(.session, session, upstream).filter { connection in
            connection.providerSessions.contains { $0.id.hasSameBytes(as: session) }
        }
    }

    private func found(_ place: Place, _ name: String, _ upstream: String) -> some Sequence<Connection> {
        idsByPlace[Self.hash(place, name, upstream)].lazy.compactMap { rows[$0] }
            .filter { $0.upstream.hasSameBytes(as: upstream) }
    }

    private static func forEachPlace(of connection: Connection, _ body: (Int) -> Void) {
        body(hash(.account, connection.account, connection.upstream))
        for session in connection.providerSessions { body(hash(.session, session.id, connection.upstream)) }
    }

    // Seeded by each process, so that no provider can choose names that collide.
    private static func hash(_ place: Place, _ name: String, _ upstream: String) -> Int {
        var hasher = Hasher()
        hasher.combine(place)
        hasher.combine(name)
        hasher.combine(upstream)
        return hasher.finalize()
    }
}
