package import OAuthProtocol
import OAuthState

/// OAuth Client ID Metadata Document: finds the clients of authorization requests in the registry, or by their
/// documents.
///
/// A registered client of the same id takes precedence: a fetch does not overrule the operator or the registry.
package struct MetadataDocumentClientResolver: ClientResolver {
    let registry: any ClientStore
    let documents: MetadataDocumentCache
    let admission: MetadataDocumentAdmission
    let limiter: SourceLimiter
    let limits: DocumentFetchLimits
    let instruments: Instruments

    package func client(
        forAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client {
        let registered = try await AuthorizationPageError.attempt(await registry.client(id))
        if let registered, registered.kind != .metadataDocument { return registered }
        guard admission.isMeant(by: id) else { throw AuthorizationPageError(.unknownClient) }
        do throws(MetadataDocumentFailure) {
            let url = try admission.url(id)
            do throws(MetadataDocumentFailure) {
                let client = try await document(url, isRegistered: registered != nil, context)
                instruments.metrics.metadataDocument(result: "used")
                return client
            } catch {
                guard error.kind == .throttled else { throw error }
                instruments.metrics.throttled(purpose: "metadata_document")
                // CM-5, CM-7: the host was not asked, so a copy that is less than a day old may be used, or the one
                // that users have approved. Otherwise one address could lock out all users of a client by using up its
                // host's allowance.
                guard let client = await documents.stale(url) ?? registered else { throw error }
                instruments.metrics.metadataDocument(result: "stale")
                return client
            }
        } catch {
            instruments.metrics.metadataDocument(result: error.kind.rawValue)
            // CM-6: distinguished from an unknown client, because the remedy differs.
            instruments.audit.record(.metadataDocumentRefused(clientID: id, error), context: context)
            throw error.pageError
        }
    }

    // The source pays for a request that its visit starts, not for one that another visit started (CM-7).
    private func document(
        _ url: ClientIDURL,
        isRegistered: Bool,
        _ context: RequestContext
    ) async throws(MetadataDocumentFailure) -> Client {
        if !url.isLoopback || limits.limitsLoopbackSources, await documents.needsFetch(url),
            await limiter.spend(.metadataFetch, source: context.source, now: context.now) != nil
        {
            throw MetadataDocumentFailure(.throttled, "too many documents were requested from this address")
        }
        return try await documents.client(url, source: context.source, isRegistered: isRegistered)
    }

    package func client(
        continuingAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client {
        do {
            return try await client(forAuthorization: id, context: context)
        } catch {
            // The login is in progress: the version that was valid when the page was shown is used until its end.
            guard case .clientMetadataUnavailable = error.problem, let url = try? admission.url(id),  // refused above
                let client = await documents.stale(url)
            else { throw error }
            return client
        }
    }
}
