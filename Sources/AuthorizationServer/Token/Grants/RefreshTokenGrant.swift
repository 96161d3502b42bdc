package import OAuthProtocol
package import OAuthState

/// RFC 6749 §6: exchanges a refresh token for a new access token and, for public clients, its successor (FD-1, FD-12).
package struct RefreshTokenGrant: Grant {
    package let grantType = GrantType.refreshToken
    private let sessions: any SessionStore
    private let clients: any ClientStore
    private let conditions: RefreshConditions
    private let resources: ResourceCatalogue
    private let key: RefreshTokenKey
    private let responses: SessionTokenResponder
    private let endings: UpstreamEndings
    private let audit: AuditTrail

    /// The grant over the given stores.
    package init(
        sessions: any SessionStore,
        clients: any ClientStore,
        conditions: RefreshConditions,
        resources: ResourceCatalogue,
        key: RefreshTokenKey,
        responses: SessionTokenResponder,
        endings: UpstreamEndings,
        audit: AuditTrail
    ) {
        self.sessions = sessions
        self.clients = clients
        self.conditions = conditions
        self.resources = resources
        self.key = key
        self.responses = responses
        self.endings = endings
        self.audit = audit
    }

    package func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let use = try use(request)
        let now = request.context.now
        let answer = try await answering(await sessions.rotate(use, under: conditions, now: now)) {
            (outcome) throws(OAuthError) -> GrantAnswer in
            try await respond(to: outcome, use, now: now)
        }
        return try answer.body(audit, request.context)
    }

    private func use(_ request: TokenRequest) throws(OAuthError) -> RefreshTokenUse {
        let text = try request.form.required("refresh_token")
        guard let token = RefreshToken(text, key: key) else {
            // With our shape, it may have been issued before the server's secret was lost: its holder has to log in
            // again.
            guard !RefreshToken.isWellFormed(text) else { throw Self.over }
            throw .guess(.invalidGrant, "the refresh token is invalid")
        }
        return RefreshTokenUse(
            family: token.family,
            generation: token.generation,
            clientID: request.client.id,
            rotates: request.client.isPublic,
            scopes: try request.scopes(),
            resource: try request.resource(in: resources)
        )
    }

    private func respond(
        to outcome: RotationOutcome,
        _ use: RefreshTokenUse,
        now: Timestamp
    ) async throws(OAuthError) -> GrantAnswer {
        switch outcome {
        case .rotated(let session):
            return .issued(try await body(session, use, now: now), .refreshed(session, isRepeat: false))
        case .repeated(let session):
            return .issued(try await body(session, use, now: now), .refreshed(session, isRepeat: true))
        case .reused(let session):
            return .refused(
                OAuthError(.invalidGrant, "the refresh token has already been used; the session is revoked"),
                .refreshTokenReused(session, generation: use.generation)
            )
        case .upstreamEnded(let session, let connection):
            return .refused(
                OAuthError(.invalidGrant, "the identity provider ended the user's grant; the user must log in again"),
                try await endings.note(session, endedBy: connection)
            )
        case .resourceNotRegistered:
            // RI-1: the operator may have removed the resource since the login. Nothing was rotated, so that the
            // session continues if the resource returns.
            return .refused(OAuthError(.invalidTarget, "the resource of this session is no longer registered here"))
        case .scopeExceeded:
            return .refused(OAuthError(.invalidScope, "scope exceeds what was granted"))
        case .resourceExceeded:
            return .refused(OAuthError(.invalidTarget, "resource differs from the granted one"))
        case .expired, .unknown, .wrongClient:
            return .refused(Self.over)
        }
    }

    private func body(_ session: Session, _ use: RefreshTokenUse, now: Timestamp) async throws(OAuthError) -> [UInt8] {
        await clients.touch(use.clientID, now: now)
        return try await responses.body(session, scopes: use.scopes ?? session.scopes, grant: nil, now: now)
    }

    private static let over = OAuthError(.invalidGrant, "the refresh token has expired or was revoked")
}
