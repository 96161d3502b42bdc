package import OAuthProtocol

/// Queries for connections, each answered by an index at a cost proportional to the result.
package protocol ConnectionIndex: Sendable {
    /// Whether a user other than this one has connected an account at an upstream (D-60).
    func isConnected(
        account: String,
        upstream: String,
        byAnotherThan userID: UserID
    ) async throws(StoreError) -> Bool
    /// The connections of an account at an upstream, of every user that connected it; accounts are compared by bytes.
    func connections(ofAccount account: String, at upstream: String) async throws(StoreError) -> [Connection]
    /// The connections that a login in a session of the provider created or renewed (OpenID Connect Back-Channel Logout
    /// 1.0 §2.1).
    func connections(
        ofProviderSession session: String,
        at upstream: String
    ) async throws(StoreError) -> [Connection]
    /// Up to `limit` connections after a given one, in the store's own order, for work that visits all of them in
    /// slices. Starts at the beginning if none is given or the given one is erased; returns none at the end.
    ///
    /// A connection that is changed, created or erased in the meantime may be missed or returned twice.
    func connections(after id: ConnectionID?, limit: Int) async throws(StoreError) -> [Connection]
}
