package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// Clients behind a ``Network``.
package struct NetworkedClients: ClientStore {
    private let far: ClientRegistry
    private let network: Network

    /// The same store, behind a network.
    package init(far: ClientRegistry, network: Network) {
        self.far = far
        self.network = network
    }

    package func register(
        _ client: Client,
        from source: SourceNetwork
    ) async throws(StoreError) -> Receipt<ClientRegistration> {
        let client = try carried(client)
        return try await network.change("register") { () throws(StoreError) in
            try await far.register(client, from: source)
        }
    }

    package func client(_ id: String) async throws(StoreError) -> Client? {
        let client = try await network.ask("client") { await far.client(id) }
        return try client.map(carried)
    }

    package func touch(_ id: String, now: Timestamp) async { await far.touch(id, now: now) }

    package func remove(_ id: String) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("remove") { () throws(StoreError) in try await far.remove(id) }
    }

    package func replace(_ client: Client) async throws(StoreError) -> Receipt<ClientRegistration> {
        let client = try carried(client)
        return try await network.change("replace(client)") { () throws(StoreError) in try await far.replace(client) }
    }

    package func renew(_ client: Client) async throws(StoreError) -> Receipt<Bool> {
        let client = try carried(client)
        return try await network.change("renew") { () throws(StoreError) in try await far.renew(client) }
    }

    package func update(
        _ client: Client,
        presenting tokenHash: SHA256Digest
    ) async throws(StoreError) -> Receipt<ClientUpdate> {
        let client = try carried(client)
        return try await network.change("update(client)") { () throws(StoreError) in
            try await far.update(client, presenting: tokenHash)
        }
    }

    // The configuration's clients are with each node and do not travel.
    private func carried(_ client: Client) throws(StoreError) -> Client {
        guard client.kind != .preRegistered else { return client }
        return try Carriage.carried(ClientRecord(client: client, lastUsedAt: nil)).client
    }
}
