package import OAuthProtocol
import OAuthState

/// VT-1: finds the session of the access token that a resource server presents.
///
/// The token must be for that very server: possession of a `tsid`, or of a token for another resource, is worthless
/// (D-37, D-67).
package struct ExchangeSubject: Sendable {
    private let resources: ResourceCatalogue
    private let verification: AccessTokenVerification

    /// Subjects among the configured resources.
    package init(resources: ResourceCatalogue, verification: AccessTokenVerification) {
        self.resources = resources
        self.verification = verification
    }

    /// The resource server of a client.
    ///
    /// - Throws: `unauthorized_client` when the client is not a resource server.
    func server(_ client: Client) throws(OAuthError) -> ResourceServer {
        guard let server = resources.server(client.id) else {
            throw OAuthError(.unauthorizedClient, "this client is not a resource server")
        }
        return server
    }

    /// The live session of `subject_token`, for upstreams that its resource may use.
    func session(
        _ form: FormParameters,
        presentedBy server: ResourceServer,
        upstreams: [String],
        now: Timestamp
    ) async throws(OAuthError) -> Session {
        let session = try await session(form, server, now: now)
        guard let resource = resources.registered(session.resource),
            upstreams.allSatisfy({ name in resource.upstreams.contains { $0.hasSameBytes(as: name) } })
        else {
            throw OAuthError(.invalidTarget, "this resource must not retrieve tokens of that audience")
        }
        return session
    }

    private func session(
        _ form: FormParameters,
        _ server: ResourceServer,
        now: Timestamp
    ) async throws(OAuthError) -> Session {
        let token = try form.required("subject_token")
        let type = try form.required("subject_token_type")
        guard type == TokenExchangeGrant.TokenType.accessToken || type == TokenExchangeGrant.TokenType.jwt else {
            throw OAuthError(.invalidRequest, "subject_token_type must be an access token")
        }
        do {
            return try await verification.liveSession(of: token, audiences: server.audiences, now: now)
        } catch {
            switch error {
            // The caller answers its own client with 401 and a challenge, so every invalid token has the same code
            // (VX-9).
            case .notOurs: throw OAuthError(.invalidGrant, "subject_token is not an access token of this server")
            case .expired, .revoked: throw OAuthError(.invalidGrant, "subject_token has expired or was revoked")
            case .withoutUser: throw OAuthError(.invalidGrant, "subject_token does not represent a user")
            case .unavailable: throw .overloaded
            case .wrongAudience: throw OAuthError(.invalidTarget, "subject_token was issued for another resource")
            }
        }
    }
}
