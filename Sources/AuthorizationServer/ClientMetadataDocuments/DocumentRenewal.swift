import OAuthProtocol
import OAuthState

/// CM-5: the present copy of a stored metadata document.
///
/// A known client is answered from the stored copy, however old: a refresh must not fail because the document's host is
/// slow. An old copy is fetched again after the answer.
struct DocumentRenewal: Sendable {
    let registry: any ClientStore
    let documents: MetadataDocumentCache
    let admission: MetadataDocumentAdmission
    let work: BackgroundWork

    /// What the document of a stored client says now, as far as is known; `nil` when the operator's policy excludes it
    /// now (CM-10), which the authorization page explains.
    func present(_ client: Client) async -> Client? {
        guard let url = try? admission.url(client.id) else { return nil }
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
}
