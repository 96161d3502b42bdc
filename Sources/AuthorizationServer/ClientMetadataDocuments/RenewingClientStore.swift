package import OAuthProtocol
package import OAuthState
package import OpenSSLCrypto

/// CM-5: the clients that the token endpoint knows: the registry's, including metadata documents that a user has
/// approved.
///
/// A known client is answered from the stored copy, however old: a refresh must not fail because the document's host is
/// slow. An old copy is fetched again after the answer.
package struct RenewingClientStore<Registry: ClientStore>: ClientStore {
    private let registry: Registry
    private let documents: MetadataDocumentCache
    private let admission: MetadataDocumentAdmission
    private let work: BackgroundWork

    /// A view of the registry.
    package init(
        registry: Registry,
        documents: MetadataDocumentCache,
        admission: MetadataDocumentAdmission,
        work: BackgroundWork
    ) {
        self.registry = registry
        self.documents = documents
        self.admission = admission
        self.work = work
    }

    package func client(_ id: String) async throws(StoreError) -> Client? {
        guard let client = try await registry.client(id) else { return nil }
        guard client.kind == .metadataDocument else { return client }
        // The operator may have changed the policy since the client was stored (CM-10); the authorization page explains
        // that.
        guard let url = try? admission.url(id) else { return nil }
        if let fresh = await documents.fresh(url) {
            await keep(fresh, inPlaceOf: client)
            return fresh
        }
        if await documents.needsFetch(url) {
            renew(url, client)
        }
        return client
    }

    // No request waits for it, and its failure changes nothing: the copy stays.
    private func renew(_ url: ClientIDURL, _ known: Client) {
        _ = work.start(.isCancelled) {
            guard let renewed = try? await documents.client(url, source: nil, isRegistered: true) else { return }
            await keep(renewed, inPlaceOf: known)
        }
    }

    private func keep(_ client: Client, inPlaceOf known: Client) async {
        guard !client.saysTheSame(as: known) else { return }
        // When it cannot be written, the old copy stays, which is what a failed fetch would have left.
        _ = try? await registry.renew(client).outcome
    }

    package func register(
        _ client: Client,
        from source: SourceNetwork
    ) async throws(StoreError) -> Receipt<ClientRegistration> {
        try await registry.register(client, from: source)
    }

    package func touch(_ id: String, now: Timestamp) async {
        await registry.touch(id, now: now)
    }

    package func remove(_ id: String) async throws(StoreError) -> Receipt<Bool> {
        try await registry.remove(id)
    }

    package func replace(_ client: Client) async throws(StoreError) -> Receipt<ClientRegistration> {
        try await registry.replace(client)
    }

    package func renew(_ client: Client) async throws(StoreError) -> Receipt<Bool> {
        try await registry.renew(client)
    }

    package func update(
        _ client: Client,
        presenting tokenHash: SHA256Digest
    ) async throws(StoreError) -> Receipt<ClientUpdate> {
        try await registry.update(client, presenting: tokenHash)
    }
}
