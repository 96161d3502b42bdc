package import OAuthProtocol

/// Where clients are kept (RFC 7591).
///
/// Its verbs are the protocol's steps, so that a shared store can take its place.
package protocol ClientStore: Sendable {
    /// Adds a dynamically registered client.
    func register(_ client: Client) async throws(StoreError) -> Receipt<ClientRegistration>
    /// The client with this id, if it is known.
    func client(_ id: String) async throws(StoreError) -> Client?
    /// Notes that a client was used, so that it is never evicted (FD-8); best effort.
    func touch(_ id: String, now: Timestamp) async
    /// Forgets a client; true when it was there.
    func remove(_ id: String) async throws(StoreError) -> Receipt<Bool>
    /// Keeps what a metadata document said, in place of an earlier version.
    func replace(_ client: Client) async throws(StoreError) -> Receipt<ClientRegistration>
}

/// What became of a registration.
package enum ClientRegistration: Hashable, Sendable {
    /// The client is known from now on.
    case registered
    /// The table is full of clients that are in use.
    case full
}
