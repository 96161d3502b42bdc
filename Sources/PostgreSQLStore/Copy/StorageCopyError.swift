package import OAuthProtocol

/// Why a state cannot be copied, or not be used.
package enum StorageCopyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A user of the directory has no login identity, or several; the tables have one for each.
    case userWithoutOneIdentity(UserID, count: Int)
    /// A node uses the database.
    case inUse
    /// The database has a state of its own.
    case notEmpty
    /// The database has no state.
    case empty
    /// A copy into the database was interrupted.
    case unfinished

    /// The sentence for the operator.
    package var description: String {
        switch self {
        case .userWithoutOneIdentity(let id, let count):
            "the user \(id.text) has \(count) login identities; a database keeps exactly one for each user"
        case .inUse:
            """
            a node uses the database; stop all nodes, and wait 15 s if one was killed
            """
        case .notEmpty:
            "the database already has a state; copy into one on which no node has been started"
        case .empty: "the database has no state to copy; is it the right one?"
        case .unfinished:
            "a copy into the database was interrupted; repeat `storage copy` to finish it"
        }
    }
}
