package import OAuthProtocol
package import OpenSSLCrypto

/// Stores clients (RFC 7591).
///
/// Its verbs are the protocol's steps, so that a shared store can replace it.
package protocol ClientStore: Sendable {
    /// Adds a dynamically registered client.
    ///
    /// At the bound of clients that were never used, the oldest of the network that has most of them is evicted.
    func register(
        _ client: Client,
        from source: SourceNetwork
    ) async throws(StoreError) -> Receipt<ClientRegistration>
    /// The client with this id, if it is known.
    func client(_ id: String) async throws(StoreError) -> Client?
    /// Records that a client was used, so that it is never evicted (FD-8); best effort.
    func touch(_ id: String, now: Timestamp) async
    /// Removes a client; true when it existed.
    func remove(_ id: String) async throws(StoreError) -> Receipt<Bool>
    /// Stores the contents of a metadata document, replacing an earlier version.
    func replace(_ client: Client) async throws(StoreError) -> Receipt<ClientRegistration>
    /// Keeps what a metadata document said in place of an earlier version that is still kept; false if none is.
    ///
    /// A renewal must not bring back a client that was removed while its document was being fetched.
    func renew(_ client: Client) async throws(StoreError) -> Receipt<Bool>
    /// Replaces a registration, if its management token still has this hash (RFC 7592 §2.2).
    ///
    /// Of two updates with one token one is made. An update that could not be made durable is taken back, because its
    /// client does not learn the next token.
    func update(_ client: Client, presenting tokenHash: SHA256Digest) async throws(StoreError) -> Receipt<ClientUpdate>
}

/// The outcome of a client's update of its registration.
package enum ClientUpdate: Hashable, Sendable {
    /// The registration is replaced.
    case updated
    /// The client is unknown, or its token is another one by now.
    case superseded
    /// The operator has blocked a host of the redirect URIs.
    case blocked
}

extension ClientStore {
    /// Adds a client whose network is not known.
    package func register(_ client: Client) async throws(StoreError) -> Receipt<ClientRegistration> {
        try await register(client, from: .unknown)
    }
}

/// The outcome of a registration.
package enum ClientRegistration: Hashable, Sendable {
    /// The client is known from now on.
    case registered
    /// The table is full of clients that are in use.
    case full
}
