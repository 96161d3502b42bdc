import DurableLog
package import OAuthProtocol
package import OAuthState

/// RFC 6749 §6: a refresh token against a new access token and, for public clients, its successor (FD-1, FD-12).
package struct RefreshTokenGrant: Grant {
    package let grantType = GrantType.refreshToken
    private let sessions: any AuthorizationStore
    private let clients: any ClientStore
    private let resources: ResourceCatalogue
    private let key: RefreshTokenKey
    private let responses: SessionTokenResponder
    private let endedGrants: EndedGrants
    private let durability: Durability
    private let audit: AuditTrail

    /// The grant over the given stores.
    package init(
        sessions: any AuthorizationStore,
        clients: any ClientStore,
        resources: ResourceCatalogue,
        key: RefreshTokenKey,
        responses: SessionTokenResponder,
        endedGrants: EndedGrants,
        durability: Durability,
        audit: AuditTrail
    ) {
        self.sessions = sessions
        self.clients = clients
        self.resources = resources
        self.key = key
        self.responses = responses
        self.endedGrants = endedGrants
        self.durability = durability
        self.audit = audit
    }

    package func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let text = try request.form.required("refresh_token")
        guard let token = RefreshToken(text, key: key) else {
            // Of our shape, it may have been ours before the server's secret was lost: its holder has to log in again.
            guard !RefreshToken.isWellFormed(text) else {
                throw OAuthError(.invalidGrant, "the refresh token has expired or was revoked")
            }
            throw .guess(.invalidGrant, "the refresh token is invalid")
        }
        let scopes = try request.scopes()
        let use = RefreshTokenUse(
            family: token.family,
            generation: token.generation,
            clientID: request.client.id,
            rotates: request.client.isPublic,
            scopes: scopes,
            resource: try request.resource(in: resources)
        )
        try durability.checkAvailability()
        let now = request.context.now
        let result = await sessions.rotate(use, now: now) { session in
            isRegistered(session.resource) && !endedGrants.haveEnded(session)
        }
        switch result.outcome {
        case .rotated(let session):
            do {
                return try await answer(request, session, scopes, isRepeat: false, after: result.position)
            } catch {
                // The client will try again, perhaps after the grace: that must not count as reuse and cost it the session.
                await sessions.unrotate(use, for: session)
                throw error
            }
        case .repeated(let session):
            return try await answer(request, session, scopes, isRepeat: true, after: result.position)
        case .reused(let session):
            try await durability.wait(for: result.position)
            audit.record(.refreshTokenReused(session, generation: token.generation), context: request.context)
            throw OAuthError(.invalidGrant, "the refresh token was used before; the session is revoked")
        case .withheld(let session):
            throw try await refusal(session, request)
        case .scopeExceeded:
            throw OAuthError(.invalidScope, "scope has more than was granted")
        case .resourceExceeded:
            throw OAuthError(.invalidTarget, "resource is not the granted one")
        case .expired, .unknown, .wrongClient:
            // Whoever hears that a session is over must not find it alive after a crash, also when another request
            // ended it a moment ago; the token is genuine, so nobody can make us wait by guessing.
            try await durability.wait(for: result.position)
            throw OAuthError(.invalidGrant, "the refresh token has expired or was revoked")
        }
    }

    // RI-1: the operator may have removed the resource since the login. Nothing was rotated, so that the session goes on if
    // the resource comes back.
    private func refusal(_ session: Session, _ request: TokenRequest) async throws(OAuthError) -> OAuthError {
        guard isRegistered(session.resource) else {
            return OAuthError(.invalidTarget, "the resource of this session is not registered here any more")
        }
        return try await endedGrants.end(session, context: request.context)
    }

    private func isRegistered(_ resource: String) -> Bool {
        resources.registered(resource) != nil
    }

    private func answer(
        _ request: TokenRequest,
        _ session: Session,
        _ scopes: ScopeSet?,
        isRepeat: Bool,
        after position: JournalPosition
    ) async throws(OAuthError) -> [UInt8] {
        let now = request.context.now
        await clients.touch(request.client.id, now: now)
        let body = try await responses.body(session, scopes: scopes ?? session.scopes, grant: nil, now: now)
        try await durability.wait(for: position)
        audit.record(.refreshed(session, isRepeat: isRepeat), context: request.context)
        return body
    }
}
