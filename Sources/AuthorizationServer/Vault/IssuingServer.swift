import OAuthProtocol
import OAuthState
import UpstreamIdentity

/// VR-8: whether the tokens of a connection are from the server that the operator names now.
extension TokenSealing {
    /// Whether they are, so that they may be returned for it, or sent to it.
    ///
    /// - Throws: ``UpstreamError`` when only a document or a registration could tell, and there is none now.
    func isFromPresentServer(
        _ connection: Connection,
        _ provider: UpstreamProvider
    ) async throws(UpstreamError) -> Bool {
        try await provider.accepts(
            tokensOf: connection.upstreamClientID,
            // What cannot be opened says nothing, and is used for nothing either.
            idToken: (try? idToken(of: connection)) ?? nil
        )
    }

    /// Whether the present client at the provider may present their refresh token, or revoke them.
    ///
    /// - Throws: As ``isFromPresentServer(_:_:)``.
    func areIssued(
        _ connection: Connection,
        to client: UpstreamClient,
        _ provider: UpstreamProvider
    ) async throws(UpstreamError) -> Bool {
        guard client.issued(tokensOf: connection.upstreamClientID) else { return false }
        return try await isFromPresentServer(connection, provider)
    }

    /// Refuses tokens of another server, before they are refreshed or returned.
    ///
    /// The connection is not marked: the operator may return to the server that issued it.
    func checkServer(
        _ connection: Connection,
        _ provider: UpstreamProvider
    ) async throws(UpstreamCredentialError) {
        let isAccepted: Bool
        do {
            isAccepted = try await isFromPresentServer(connection, provider)
        } catch {
            // Nothing is known of the connection then; the next registration or document decides.
            throw .temporarilyUnavailable(retryAfter: error.retryAfter)
        }
        guard isAccepted else {
            throw .interactionRequired(reason: "reauth_required", missingScopes: .empty, connection: connection)
        }
    }
}
