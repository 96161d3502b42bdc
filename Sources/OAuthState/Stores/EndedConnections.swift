import OAuthProtocol
import Synchronization

/// The connections that their provider ended, which the vault records and the refresh of a session reads.
///
/// The two actors of one node share it, so that a refresh decides in its own turn, without a turn of the vault; a
/// database joins the two tables instead.
package final class EndedConnections: Sendable {
    private let upstreams = Mutex<[ConnectionID: String]>([:])

    /// An empty set.
    package init() {}

    /// Records that the provider ended a connection at this upstream; `nil` when the connection is valid again, or
    /// erased.
    func note(_ id: ConnectionID, endedAt upstream: String?) {
        upstreams.withLock { $0[id] = upstream }
    }

    /// The first of some connections that was ended at one of these upstreams.
    func first(among ids: [ConnectionID], at needed: Set<String>) -> ConnectionID? {
        upstreams.withLock { ended in
            ended.isEmpty ? nil : ids.first { id in ended[id].map(needed.contains) ?? false }
        }
    }
}
