import HashTreeCollections
import OAuthProtocol

/// The sessions by id, with an index by user.
///
/// Sessions that use a connection are found by the connection's user: a login uses connections of its own user only.
struct SessionTable: Sendable {
    /// Copied in O(1), without the index.
    private(set) var rows: TreeDictionary<SessionID, Session> = [:]
    private var idsByUser = IndexTable<UserID, SessionID>()

    var count: Int { rows.count }

    subscript(id: SessionID) -> Session? {
        get { rows[id] }
        set {
            guard let newValue else {
                removeValue(forKey: id)
                return
            }
            let earlier = rows.updateValue(newValue, forKey: id)
            guard earlier?.userID != newValue.userID else { return }
            if let earlier { idsByUser.remove(id, for: earlier.userID) }
            idsByUser.insert(id, for: newValue.userID)
        }
    }

    @discardableResult
    mutating func removeValue(forKey id: SessionID) -> Session? {
        guard let session = rows.removeValue(forKey: id) else { return nil }
        idsByUser.remove(id, for: session.userID)
        return session
    }

    /// The sessions of a user, in no particular order.
    func sessions(of userID: UserID) -> [Session] {
        idsByUser[userID].compactMap { rows[$0] }
    }
}
