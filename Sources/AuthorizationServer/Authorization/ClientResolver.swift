package import OAuthProtocol
package import OAuthState

/// Finds the client of an authorization request, wherever clients of its kind are known.
package protocol ClientResolver: Sendable {
    /// The client with this id, for a new authorization.
    ///
    /// - Throws: The problem that the user's page explains.
    func client(
        forAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client
}

/// Finds pre-registered and dynamically registered clients.
package struct RegisteredClientResolver: ClientResolver {
    private let clients: any ClientStore

    /// A resolver over the registry.
    package init(clients: any ClientStore) {
        self.clients = clients
    }

    package func client(
        forAuthorization id: String,
        context: RequestContext
    ) async throws(AuthorizationPageError) -> Client {
        guard let client = await clients.client(id) else { throw AuthorizationPageError(.unknownClient) }
        return client
    }
}
