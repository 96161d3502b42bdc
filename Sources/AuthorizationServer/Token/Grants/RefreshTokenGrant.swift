import OAuthProtocol
import OAuthState

/// RFC 6749 §6: exchanges a refresh token for a new access token and, for public clients, its successor (FD-1, FD-12).
///
/// A class, so that a request hands on a reference and does not copy the collaborators.
final class RefreshTokenGrant: Grant {
    static let declaration = GrantDeclaration(
        type: .refreshToken,
        name: "refresh_token",
        summary: "Exchanges a refresh token for a new access token (RFC 6749 §6).",
        parameters: ["refresh_token", "scope", "resource"],
        registration: .byDefault,
        // A client that got a refresh token only through `offline_access` may use it (TK-10).
        includedIn: [.authorizationCode]
    )

    private let stores: Stores
    private let resources: ResourceCatalogue
    private let scopePolicy: ScopePolicy
    private let responses: SessionTokenResponder
    private let upstreams: GrantGround.UpstreamAccess
    private let metrics: ServerMetrics
    private let instruments: Instruments
    /// Whether any upstream has `required_claims`, and whether there is any `allow`: without them a refresh looks
    /// nothing up.
    private let requiresClaims: Bool
    private let appliesRules: Bool

    init(_ ground: GrantGround) {
        stores = ground.stores
        resources = ground.resources
        scopePolicy = ground.scopePolicy
        responses = ground.responses
        upstreams = ground.upstreams
        metrics = ground.metrics
        instruments = ground.instruments
        requiresClaims = upstreams.admission.requiresClaims
        appliesRules = !upstreams.admission.rules.isEmpty
    }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let use = Result<RefreshTokenUse, OAuthError> { () throws(OAuthError) in try self.use(request) }
        // A text that is no refresh token names no session.
        let session = (try? use.get())?.family
        return try await instruments.answered(request, Self.declaration.type, session: session) {
            () async throws(OAuthError) in
            try await answer(request, try use.get())
        }
    }

    private func answer(_ request: TokenRequest, _ use: RefreshTokenUse) async throws(OAuthError) -> GrantAnswer {
        let now = request.context.now
        var conditions = upstreams.refreshConditions
        if requiresClaims {
            // Before the rotation, which must not happen while this cannot be found out.
            conditions.refusedConnections = try await upstreams.admission.refusedConnections(
                ofSession: use.family,
                now: now
            )
        }
        return try await answering(
            await stores.sessions.rotate(use, under: conditions, now: now)
        ) { (outcome) throws(OAuthError) -> GrantAnswer in
            try await respond(to: outcome, use, request.client, refused: conditions.refusedConnections, now: now)
        }
    }

    private func use(_ request: TokenRequest) throws(OAuthError) -> RefreshTokenUse {
        let client = try request.client
        let text = try request.form.required("refresh_token")
        guard let token = RefreshToken(text, key: responses.refreshTokenKey) else {
            // With our shape, it may have been issued before the server's secret was lost: its holder has to log in
            // again.
            guard !RefreshToken.isWellFormed(text) else { throw Self.over }
            throw .guess(.invalidGrant, "the refresh token is invalid")
        }
        return RefreshTokenUse(
            family: token.family,
            generation: token.generation,
            clientID: client.id,
            rotates: client.isPublic,
            scopes: try request.scopes(),
            resource: try request.resource(in: resources),
            origin: request.context.refreshOrigin,
            key: request.key
        )
    }

    private func respond(
        to outcome: RotationOutcome,
        _ use: RefreshTokenUse,
        _ client: Client,
        refused: Set<ConnectionID>,
        now: Timestamp
    ) async throws(OAuthError) -> GrantAnswer {
        switch outcome {
        case .rotated(let session):
            return try await issue(session, use, client, .refreshed(session, isRepeat: false), now)
        case .caughtUp(let session):
            metrics.refreshTokenAheadOfState()
            return try await issue(session, use, client, .aheadOfState(session, presented: use.generation), now)
        case .repeated(let session):
            return try await issue(session, use, client, .refreshed(session, isRepeat: true), now)
        case .repeatedElsewhere(let session):
            let event = AuditEvent.refreshed(session, isRepeat: true, isElsewhere: true)
            return try await issue(session, use, client, event, now)
        case .repeatedTooOften(let end):
            return .refused(
                OAuthError(.tooManyRequests, "the refresh token was repeated too often", retryAfter: end - now)
            )
        case .reused(let session):
            return .refused(
                OAuthError(.invalidGrant, "the refresh token has already been used; the session is revoked"),
                .refreshTokenReused(session, generation: use.generation)
            )
        case .upstreamEnded(let session, let connection):
            return .refused(
                UpstreamEndings.error(connection, refused: refused, "the user must log in again"),
                try await upstreams.endings.note(session, endedBy: connection, refused: refused)
            )
        case .resourceNotRegistered:
            // RI-1: the operator may have removed the resource since the login. Nothing was rotated, so that the
            // session continues if the resource returns.
            return .refused(OAuthError(.invalidTarget, "the resource of this session is no longer registered here"))
        case .wrongKey:
            // Not `invalid_grant` for a client that forgot its proof: it would log its user out.
            let error =
                use.key == nil
                ? OAuthError(.invalidDPoPProof, "the refresh token is bound to a key and needs its DPoP proof")
                : OAuthError(.invalidGrant, "the refresh token is bound to another key")
            return .refused(error, .refreshedWithoutKey(use))
        case .scopeExceeded:
            return .refused(OAuthError(.invalidScope, "scope exceeds what was granted"))
        case .resourceExceeded:
            return .refused(OAuthError(.invalidTarget, "resource differs from the granted one"))
        case .expired: return .refused(Self.over, reason: "expired")
        case .unknown: return .refused(Self.over, reason: "unknown_session")
        case .wrongClient: return .refused(Self.over, reason: "wrong_client")
        }
    }

    // What the operator withdrew takes effect here: the session ends, and a login says why.
    private func withdraw(_ session: Session, _ rule: String) async throws(OAuthError) -> GrantAnswer {
        _ = try await OAuthError.attempt(await stores.sessions.revoke(session.id).outcome)
        return .refused(
            OAuthError(
                .invalidGrant,
                "the user is no longer allowed to have this access",
                details: ["reason": "access_withdrawn"]
            ),
            .accessWithdrawn(session, by: rule)
        )
    }

    private func issue(
        _ session: Session,
        _ use: RefreshTokenUse,
        _ client: Client,
        _ event: AuditEvent,
        _ now: Timestamp
    ) async throws(OAuthError) -> GrantAnswer {
        var scopes = use.scopes ?? session.scopes
        if appliesRules {
            let verdict = try await upstreams.admission.verdict(on: session)
            if let rule = verdict.refusal { return try await withdraw(session, rule) }
            if !verdict.withheld.isEmpty {
                scopes = scopes.filter { !verdict.withheld.contains($0) }
                guard !scopes.isEmpty else { throw OAuthError(.invalidScope, "the user no longer has these scopes") }
            }
        }
        // What the operator took from the resource or the client since the login ends here, not with the session.
        if let resource = resources.registered(session.resource) {
            scopes = try scopePolicy.remaining(of: scopes, resource: resource, client: client)
        }
        await stores.clients.touch(use.clientID, now: now)
        let body = try await responses.body(session, scopes: scopes, boundTo: use.key, grant: nil, now: now)
        return .issued(body, event)
    }

    private static let over = OAuthError(.invalidGrant, "the refresh token has expired or was revoked")
}
