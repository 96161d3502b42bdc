package import OAuthProtocol

/// How connections are found by what they rest on: each query by an index, at a cost of what is found.
package protocol ConnectionIndex: Sendable {
    /// Whether an account at an upstream is connected by another user than this one (D-60).
    func isConnected(
        account: String,
        upstream: String,
        byAnotherThan userID: UserID
    ) async throws(StoreError) -> Bool
    /// The connections of an account at an upstream, of every user that connected it; accounts are compared by bytes.
    func connections(ofAccount account: String, at upstream: String) async throws(StoreError) -> [Connection]
    /// The connections that a login in a session of the provider made or renewed (OpenID Connect Back-Channel Logout 1.0
    /// §2.1).
    func connections(
        ofProviderSession session: String,
        at upstream: String
    ) async throws(StoreError) -> [Connection]
    /// Up to `limit` connections behind one, in an order of the store's own, for work that goes through all of them in
    /// slices: from the start without one, or when that one is gone, and none at the end.
    ///
    /// A connection that is changed, made or erased in the meantime may be missed or come twice.
    func connections(after id: ConnectionID?, limit: Int) async throws(StoreError) -> [Connection]
}
