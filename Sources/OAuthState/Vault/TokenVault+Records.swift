import DurableLog
import HashTreeCollections
package import OAuthProtocol

/// Users, identities and connections as records.
extension TokenVault: RecordedStore {
    package static let recordKinds: Set<RecordKind> = [
        .putUser, .putUserWithDefaults, .putUserOfIdentity, .putIdentity, .putConnection, .putConnectionWithFields,
        .putConnectionWithClaims, .removeConnection, .removeUser, .putUpstreamRegistration,
    ]

    /// The meaning of one record of users, identities and connections.
    package enum Change: RecordedChange {
        case putUser(User)
        case putUserOfIdentity(User, IdentityKey)
        case putIdentity(IdentityKey, UserID)
        case putConnection(Connection)
        case removeConnection(ConnectionID)
        case removeUser(UserID)
        case putUpstreamRegistration(StoredUpstreamRegistration)

        package var place: Int {
            switch self {
            case .putUser(let user): user.id.hashValue
            // The identity need not keep its order: it belongs to one user for ever.
            case .putUserOfIdentity(let user, _): user.id.hashValue
            case .putIdentity(let identity, _): identity.hashValue
            case .putConnection(let connection): connection.id.hashValue
            case .removeConnection(let id): id.hashValue
            case .removeUser(let id): id.hashValue
            case .putUpstreamRegistration(let registration): registration.upstream.hashValue
            }
        }
    }

    package static func change(_ kind: RecordKind, _ reader: inout BinaryReader) throws(RecordError) -> Change {
        switch kind {
        case .putUser, .putUserWithDefaults: .putUser(try User(from: &reader))
        case .putUserOfIdentity: try userOfIdentity(&reader)
        case .putIdentity: .putIdentity(IdentityKey(digest: try reader.digest()), try reader.identifier())
        case .putConnection: .putConnection(try Connection(from: &reader))
        case .putConnectionWithFields: .putConnection(try Connection(withFieldsFrom: &reader))
        case .putConnectionWithClaims: .putConnection(try Connection(withClaimsFrom: &reader))
        case .removeConnection: .removeConnection(try reader.identifier())
        case .removeUser: .removeUser(try reader.identifier())
        case .putUpstreamRegistration: .putUpstreamRegistration(try StoredUpstreamRegistration(from: &reader))
        default: throw RecordError("not a record of the token vault")
        }
    }

    private static func userOfIdentity(_ reader: inout BinaryReader) throws(RecordError) -> Change {
        let identity = IdentityKey(digest: try reader.digest())
        return .putUserOfIdentity(try User(from: &reader), identity)
    }

    package func apply(_ change: consuming Change) {
        switch consume change {
        case .putUser(let user): users.updateValue(user, forKey: user.id)
        case .putUserOfIdentity(let user, let identity):
            users.updateValue(user, forKey: user.id)
            identities.updateValue(user.id, forKey: identity)
        case .putIdentity(let identity, let userID): identities.updateValue(userID, forKey: identity)
        case .putConnection(let connection): keep(connection)
        case .removeConnection(let id): forget(id)
        case .removeUser(let id): users.removeValue(forKey: id)
        case .putUpstreamRegistration(let registration): registrationTable[registration.upstream] = registration
        }
    }

    package func capture() -> CapturedState {
        let (users, identities, connections) = (users, identities, connectionTable.rows)
        let registrations = registrationTable
        return CapturedState(position: journal.lastPosition) { body in
            for user in users.values {
                try body(user.record)
            }
            for (identity, userID) in identities {
                try body(Self.identityRecord(identity, userID))
            }
            for connection in connections.values {
                try body(connection.journalRecord)
            }
            for registration in registrations.values {
                try body(registration.record(.putUpstreamRegistration))
            }
        }
    }

    /// A new user and the login identity.
    static func record(of user: User, _ identity: IdentityKey) -> [UInt8] {
        BinaryWriter.record(.putUserOfIdentity) { writer in
            writer.write(identity.digest)
            user.write(to: &writer)
        }
    }

    private static func identityRecord(_ identity: IdentityKey, _ userID: UserID) -> [UInt8] {
        BinaryWriter.record(.putIdentity) { writer in
            writer.write(identity.digest)
            writer.write(userID)
        }
    }
}
