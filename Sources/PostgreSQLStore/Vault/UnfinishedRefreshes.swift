import OAuthProtocol
import OAuthState
import Synchronization

/// A refresh whose tokens are not stored yet.
struct UnfinishedRefresh: Hashable, Sendable {
    let refresh: ConnectionRefresh
    /// When the provider answered.
    let now: Timestamp
}

/// The refreshes that the database did not take: the provider has consumed the old refresh token of each, and this
/// process is the only place that knows the new one.
final class UnfinishedRefreshes: Sendable {
    private let refreshes = Mutex<[ConnectionID: UnfinishedRefresh]>([:])

    /// The most that are kept; there are few, because a refresh begins only with a lease from the database.
    private static let countMax = 10_000

    /// The unfinished refresh of a connection.
    subscript(id: ConnectionID) -> UnfinishedRefresh? { refreshes.withLock { $0[id] } }

    /// All of them.
    var all: [UnfinishedRefresh] { refreshes.withLock { Array($0.values) } }

    /// Keeps one for another try.
    func keep(_ refresh: UnfinishedRefresh) {
        refreshes.withLock { refreshes in
            guard refreshes.count < Self.countMax || refreshes[refresh.refresh.id] != nil else { return }
            refreshes[refresh.refresh.id] = refresh
        }
    }

    /// Forgets one that was stored, or overtaken.
    func remove(_ refresh: UnfinishedRefresh) {
        refreshes.withLock { refreshes in
            if refreshes[refresh.refresh.id] == refresh { refreshes[refresh.refresh.id] = nil }
        }
    }
}
