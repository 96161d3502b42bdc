package import OAuthProtocol

/// Finds the client of an authorization request, of any kind.
package protocol ClientResolver: Sendable {
    /// The client with this id, used when an authorization begins.
    ///
    /// - Throws: The problem that the page explains.
    func client(
        forAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client

    /// The client of an authorization that is in progress: the version that was valid at its start may be used until
    /// its end.
    ///
    /// - Throws: The problem that the page explains.
    func client(
        continuingAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client
}

extension ClientResolver {
    package func client(
        continuingAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client {
        try await client(forAuthorization: id, context: context)
    }
}
