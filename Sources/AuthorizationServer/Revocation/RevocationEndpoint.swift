import HTTPTypes
package import OAuthProtocol
package import OAuthState
package import SocketHTTP

/// RFC 7009: a client revokes its tokens.
///
/// Revoking a refresh token ends the session, and everything of it is refused from then on: other tokens of the family,
/// access tokens at introspection, userinfo and the vault. If configured, the connections that no other session uses
/// end too, here and at the provider (RV-2). Revoking an access token ends only that token. Whatever the token was, the
/// answer is the same empty 200 (RV-1), but it is never given for a revocation that could be lost.
package struct RevocationEndpoint: Endpoint {
    private let requests: ClientRequests
    private let refreshTokenKey: RefreshTokenKey
    private let verification: AccessTokenVerification
    private let sessions: any AuthorizationStore
    private let unusedConnections: UnusedConnections?
    private let instruments: Instruments

    /// The endpoint over the given stores.
    package init(
        requests: ClientRequests,
        refreshTokenKey: RefreshTokenKey,
        verification: AccessTokenVerification,
        sessions: any AuthorizationStore,
        unusedConnections: UnusedConnections? = nil,
        instruments: Instruments
    ) {
        self.requests = requests
        self.refreshTokenKey = refreshTokenKey
        self.verification = verification
        self.sessions = sessions
        self.unusedConnections = unusedConnections
        self.instruments = instruments
    }

    /// Revokes a token of the requesting client.
    package func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let form = try requests.form(request)
            let client = try await requests.client(request, form, context)
            let token = try form.required("token")
            instruments.metrics.revocation(result: try await revoke(token, of: client, context))
            return CrossOrigin.allow(.empty)
        } catch {
            let refusal = await requests.refusal(error, request, context)
            instruments.metrics.revocation(result: refusal.error.code.wireValue)
            return CrossOrigin.allow(refusal.response)
        }
    }

    // `token_type_hint` is not read: our tokens show their kind, and a wrong hint must not matter (RFC 7009 §2.1;
    // RV-1).
    private func revoke(
        _ text: String,
        of client: Client,
        _ context: RequestContext
    ) async throws(OAuthError) -> String {
        if let refreshToken = RefreshToken(text, key: refreshTokenKey) {
            return try await revokeSession(of: refreshToken, client, context)
        }
        // Expired, forged or foreign: nothing to do, and nothing to reveal (RFC 7009 §2.2).
        guard let token = try? await verification.verified(text, now: context.now) else { return "unknown" }
        return try await revoke(token, client, context)
    }

    // Any generation suffices: the holder of a genuine token of the family can at most end it.
    private func revokeSession(
        of token: RefreshToken,
        _ client: Client,
        _ context: RequestContext
    ) async throws(OAuthError) -> String {
        switch try await OAuthError.attempt(await sessions.revoke(token.family, for: client.id).outcome) {
        case .revoked(let session):
            unusedConnections?.ended(session, now: context.now)
            instruments.audit.record(.sessionRevoked(session), context: context)
            return "session"
        case .unknown: return "unknown"
        case .wrongClient:
            instruments.audit.record(.revocationRefused(clientID: client.id, sessionID: token.family), context: context)
            return "foreign"
        }
    }

    private func revoke(
        _ token: VerifiedAccessToken,
        _ client: Client,
        _ context: RequestContext
    ) async throws(OAuthError) -> String {
        // D-47: a foreign token stays valid, and its holder learns nothing.
        guard token.claims.clientID.hasSameBytes(as: client.id) else {
            instruments.audit.record(
                .revocationRefused(clientID: client.id, sessionID: token.sessionID),
                context: context
            )
            return "foreign"
        }
        let revocation = try await OAuthError.attempt(
            await sessions.revokeAccessToken(
                token.reference,
                expiry: token.claims.expiresAt,
                now: context.now
            ).outcome
        )
        switch revocation {
        case .full: throw .overloaded
        case .sessionEnded(let session):
            unusedConnections?.ended(session, now: context.now)
            instruments.audit.record(.sessionRevoked(session), context: context)
            return "session"
        case .revoked:
            instruments.audit.record(.accessTokenRevoked(token.claims), context: context)
            return "access_token"
        }
    }
}

extension RevocationEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                .post,
                "/oauth/revoke",
                name: "revoke",
                origins: .all,
                advertisement: .init(member: "revocation_endpoint", authentication: .every),
                OpenAPIOperation(
                    id: "revoke",
                    summary: "Revokes a token (RFC 7009).",
                    body: .form(required: ["token"], optional: OpenAPIOperation.clientFields + ["token_type_hint"]),
                    security: ["clientBasic"],
                    responses: [
                        (200, .empty("The token is no longer valid, or never was")),
                        (400, .error("The request is refused")),
                        (401, .error("The client is unknown or not authenticated")), (429, OpenAPIOperation.throttled),
                        (503, OpenAPIOperation.unavailable),
                    ]
                )
            )
        ]
    }
}
