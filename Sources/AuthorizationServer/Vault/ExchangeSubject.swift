import OAuthProtocol
import OAuthState

/// VT-1: finds the session of the access token that a resource server presents.
///
/// The token must be for that very server: possession of a `tsid`, or of a token for another resource, is worthless
/// (D-37, D-67).
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
package final class ExchangeSubject: Sendable {
    private let resources: ResourceCatalogue
    private let verification: AccessTokenVerification
    private let proofs: SubjectProofs

    /// Subjects among the configured resources.
    init(resources: ResourceCatalogue, verification: AccessTokenVerification, proofs: SubjectProofs) {
        self.resources = resources
        self.verification = verification
        self.proofs = proofs
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

    /// The session of a presented token, and the parties that acted for its user before (RFC 8693 §4.1).
    struct Subject: Sendable {
        let session: Session
        /// The scopes of the token itself, which can be fewer than the session's.
        let scopes: ScopeSet
        let actors: ActorChain
    }

    /// The subject of `subject_token`, for upstreams that the token's resource may use.
    ///
    /// A delegated token counts for its own resource, never for the one of the session.
    func subject(
        _ form: FormParameters,
        presentedBy server: ResourceServer,
        upstreams: [String],
        requestKey key: KeyThumbprint? = nil,
        context: RequestContext
    ) async throws(OAuthError) -> Subject {
        let live = try await live(form, server, requestKey: key, context)
        guard let session = live.session else {
            throw OAuthError(.invalidGrant, "subject_token does not represent a user")
        }
        guard let resource = resources.registered(live.token.claims.audience),
            upstreams.allSatisfy({ name in resource.upstreams.contains { $0.hasSameBytes(as: name) } })
        else {
            throw OAuthError(.invalidTarget, "this resource must not retrieve tokens of that audience")
        }
        let claims = live.token.claims
        return Subject(
            session: session,
            scopes: ScopeSet(claims.scope.split(separator: " ").map(String.init)),
            actors: try ActorChain(claims.actor.map(JSONValue.object), issuer: claims.issuer)
        )
    }

    private func live(
        _ form: FormParameters,
        _ server: ResourceServer,
        requestKey key: KeyThumbprint?,
        _ context: RequestContext
    ) async throws(OAuthError) -> AccessTokenVerification.LiveToken {
        let token = try form.required("subject_token")
        let type = try form.required("subject_token_type")
        guard type == TokenTypeIdentifier.accessToken || type == TokenTypeIdentifier.jwt else {
            throw OAuthError(.invalidRequest, "subject_token_type must be an access token")
        }
        let presentation = try await proofs.presentation(form, of: token, requestKey: key, context)
        do {
            return try await verification.live(
                token,
                audiences: server.audiences,
                presented: presentation,
                now: context.now
            )
        } catch {
            switch error {
            // The caller answers its own client with 401 and a challenge, so every invalid token has the same code
            // (VX-9).
            case .notOurs: throw OAuthError(.invalidGrant, "subject_token is not an access token of this server")
            case .expired, .revoked: throw OAuthError(.invalidGrant, "subject_token has expired or was revoked")
            case .withoutUser: throw OAuthError(.invalidGrant, "subject_token does not represent a user")
            case .withoutProof:
                throw OAuthError(.invalidDPoPProof, "subject_token is bound to a key and needs subject_proof")
            case .unavailable: throw .overloaded
            case .wrongAudience: throw OAuthError(.invalidTarget, "subject_token was issued for another resource")
            }
        }
    }
}
