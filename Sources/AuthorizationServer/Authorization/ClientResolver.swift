package import OAuthProtocol

/// Finds the client of an authorization request, wherever clients of its kind are known.
package protocol ClientResolver: Sendable {
    /// The client with this id, for a new authorization.
    ///
    /// - Throws: The problem that the user's page explains.
    func client(
        forAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client

    /// The client of an authorization that its user has begun: what was good when it began may carry it to its end.
    ///
    /// - Throws: The problem that the user's page explains.
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
