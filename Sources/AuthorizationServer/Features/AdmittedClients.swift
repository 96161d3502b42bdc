import OAuthProtocol
import OAuthState
import OpenSSLCrypto

/// The clients that the operator has not blocked: a view of a store, for everything that serves clients.
struct AdmittedClients: ClientStore {
    let store: any ClientStore
    /// `nil` when the operator of these stores cannot block.
    let blocks: (any BlockStore)?
    /// Where stored metadata documents are renewed; `nil` where they are served as they are stored.
    var renewal: DocumentRenewal?

    // One view for both: each call of an async function costs every request.
    func client(_ id: String) async throws(StoreError) -> Client? {
        guard let client = try await store.client(id) else { return nil }
        let filter = blocks.flatMap { $0.isKnownToBeEmpty ? nil : $0 }
        // Before anything is fetched from a blocked host.
        if let filter, try await filter.admitted(client) == nil { return nil }
        var present = client
        if let renewal, client.kind == .metadataDocument {
            // With the stored copy, not with what of it is admitted: that always differs, and would be written anew.
            guard let renewed = await renewal.present(client) else { return nil }
            present = renewed
        }
        guard let filter else { return present }
        return try await filter.admitted(present)
    }

    func register(
        _ client: Client,
        from source: SourceNetwork
    ) async throws(StoreError) -> Receipt<ClientRegistration> {
        if let blocks {
            guard try await !blocks.isBlocked(.registration), try await blocks.admitted(client) == client else {
                return Receipt(.full)
            }
        }
        return try await store.register(client, from: source)
    }

    func touch(_ id: String, now: Timestamp) async { await store.touch(id, now: now) }

    func remove(_ id: String) async throws(StoreError) -> Receipt<Bool> { try await store.remove(id) }

    func replace(_ client: Client) async throws(StoreError) -> Receipt<ClientRegistration> {
        try await store.replace(client)
    }

    func renew(_ client: Client) async throws(StoreError) -> Receipt<Bool> { try await store.renew(client) }

    func update(
        _ client: Client,
        presenting tokenHash: SHA256Digest
    ) async throws(StoreError) -> Receipt<ClientUpdate> {
        if let blocks, try await blocks.admitted(client) != client { return Receipt(.blocked) }
        return try await store.update(client, presenting: tokenHash)
    }
}

/// The same for the clients of authorization requests.
struct AdmittedClientResolver: ClientResolver {
    let resolver: any ClientResolver
    let blocks: any BlockStore

    func client(
        forAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client {
        try await checkHost(id)
        return try await admitted(await resolver.client(forAuthorization: id, context: context))
    }

    func client(
        continuingAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client {
        try await checkHost(id)
        return try await admitted(await resolver.client(continuingAuthorization: id, context: context))
    }

    /// Before anything is fetched from the host.
    private func checkHost(_ id: String) async throws(AuthorizationPageError) {
        guard id.contains("://"), let host = URIReference(id)?.host?.lowercased() else { return }
        guard try await !AuthorizationPageError.attempt(await blocks.isBlocked(.documentHost(host))) else {
            throw AuthorizationPageError(.unknownClient)
        }
    }

    private func admitted(_ client: Client) async throws(AuthorizationPageError) -> Client {
        guard let admitted = try await AuthorizationPageError.attempt(await blocks.admitted(client)) else {
            throw AuthorizationPageError(.unknownClient)
        }
        return admitted
    }
}

extension BlockStore {
    /// The client without redirect URIs at blocked hosts; `nil` when the client or its document's host is blocked, or
    /// when no redirect URI is left.
    func admitted(_ client: Client) async throws(StoreError) -> Client? {
        guard try await hasBlocks() else { return client }
        guard try await !isBlocked(.client(client.id)) else { return nil }
        if client.kind == .metadataDocument, let host = URIReference(client.id)?.host?.lowercased(),
            try await isBlocked(.documentHost(host))
        {
            return nil
        }
        var kept: [String] = []
        for uri in client.redirectURIs {
            if let host = URIReference(uri)?.host?.lowercased(), try await isBlocked(.redirectHost(host)) { continue }
            kept.append(uri)
        }
        guard kept.count != client.redirectURIs.count else { return client }
        guard !kept.isEmpty else { return nil }
        return client.keeping(kept)
    }
}
