import HashTreeCollections
import OAuthProtocol
import OpenSSLCrypto

/// The sessions by id, with an index by user, and one by user and client.
///
/// Sessions that use a connection are found by the connection's user: a login uses connections of its own user only.
struct SessionTable: Sendable {
    /// Copied in O(1), without the index.
    private(set) var rows: TreeDictionary<SessionID, Session> = [:]
    private var idsByUser = IndexTable<UserID, SessionID>()
    private var idsByUserAndClient = IndexTable<Device, SessionID>()
    private var idsByAgentToken: TreeDictionary<SHA256Digest, SessionID> = [:]
    private var agentIDsByParent = IndexTable<SessionID, SessionID>()

    /// A user with one client, on however many devices.
    private struct Device: Hashable {
        let userID: UserID
        /// A hash, because ids are long.
        ///
        /// Should two clients of a user share it, they share a bound.
        let client: Int

        init(_ userID: UserID, _ clientID: String) {
            self.userID = userID
            client = clientID.hashValue
        }

        init(_ session: Session) {
            self.init(session.userID, session.clientID)
        }
    }

    /// How often each session's predecessor was repeated; few have an entry, and each until its next generation.
    private var repeats: [SessionID: Int] = [:]

    var count: Int { rows.count }

    /// Counts a repeat of a session's predecessor; returns how many there were in this generation.
    mutating func noteRepeat(_ id: SessionID) -> Int {
        repeats[id, default: 0] += 1
        return repeats[id, default: 1]
    }

    subscript(id: SessionID) -> Session? {
        get { rows[id] }
        set {
            guard let newValue else {
                removeValue(forKey: id)
                return
            }
            let earlier = rows.updateValue(newValue, forKey: id)
            if !repeats.isEmpty, earlier?.generation != newValue.generation { repeats[id] = nil }
            if let agent = newValue.agent { idsByAgentToken[agent.tokenHash] = id }
            guard earlier?.userID != newValue.userID else { return }
            if let earlier { forget(earlier) }
            idsByUser.insert(id, for: newValue.userID)
            idsByUserAndClient.insert(id, for: Device(newValue))
            if let parent = newValue.agent?.parent { agentIDsByParent.insert(id, for: parent) }
        }
    }

    @discardableResult
    mutating func removeValue(forKey id: SessionID) -> Session? {
        guard let session = rows.removeValue(forKey: id) else { return nil }
        forget(session)
        return session
    }

    private mutating func forget(_ session: Session) {
        if !repeats.isEmpty { repeats[session.id] = nil }
        if let agent = session.agent {
            idsByAgentToken[agent.tokenHash] = nil
            if let parent = agent.parent { agentIDsByParent.remove(session.id, for: parent) }
        }
        idsByUser.remove(session.id, for: session.userID)
        idsByUserAndClient.remove(session.id, for: Device(session))
    }

    /// The session of an agent's token.
    func id(ofAgentToken hash: SHA256Digest) -> SessionID? { idsByAgentToken[hash] }

    /// The agents that end with a session, in no particular order.
    func agents(of parent: SessionID) -> [Session] {
        agentIDsByParent[parent].compactMap { rows[$0] }
    }

    /// How many sessions a user has with a client.
    func count(of userID: UserID, with clientID: String) -> Int {
        idsByUserAndClient.count(of: Device(userID, clientID))
    }

    /// A user's sessions with a client, in no particular order.
    func sessions(of userID: UserID, with clientID: String) -> [Session] {
        idsByUserAndClient[Device(userID, clientID)].compactMap { rows[$0] }
    }

    /// The sessions of a user, in no particular order.
    func sessions(of userID: UserID) -> [Session] {
        idsByUser[userID].compactMap { rows[$0] }
    }
}
