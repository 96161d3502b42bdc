import OAuthProtocol
import OAuthState
import ServerConfiguration

/// RFC 6749 §4.5: an extension grant of this server: a short access token of an agent, whose token is the credential.
///
/// There is no refresh token: the agent asks again. The resource server sees a usual access token of the user, whose
/// `client_id` names the agent.
struct AgentTokenGrant: Grant {
    static let declaration = GrantDeclaration(
        type: GrantType(rawValue: "urn:gatehouse:grant-type:agent-token"),
        name: "agent_token",
        summary: "Issues a short access token to an agent for the token that its user, or a client of the user, made.",
        parameters: ["agent_token", "resource", "scope"],
        client: .optional
    )

    private let sessions: any SessionStore
    private let resources: ResourceCatalogue
    private let accessTokens: AccessTokenIssuer
    private let blocks: (any BlockStore)?
    private let lifetimeMax: Duration
    private let upstreams: GrantGround.UpstreamAccess
    private let audit: AuditTrail

    /// The longest lifetime of an agent's access token.
    static let lifetime = Duration.seconds(600)

    static func isOffered(_ configuration: Configuration) -> Bool { configuration.agents.isEnabled }

    init(_ ground: GrantGround) {
        sessions = ground.stores.sessions
        resources = ground.resources
        accessTokens = ground.responses.accessTokens
        blocks = ground.stores.administration?.blocks
        lifetimeMax = min(Self.lifetime, ground.configuration.tokens.accessTokenLifetime)
        upstreams = ground.upstreams
        audit = ground.audit
    }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let token = AgentToken(wireValue: try request.form.required("agent_token"))
        guard token.isWellFormed else { throw Self.unknown }
        let now = request.context.now
        let (requested, resource) = (try request.scopes(), try request.resource(in: resources))
        let (receipt, refused) = try await use(token, now: now)
        let answer = try await receipt.answering { (use) throws(OAuthError) -> GrantAnswer in
            switch use {
            case .unknown:
                return .refused(Self.unknown)
            case .upstreamEnded(let session, let connection):
                return .refused(
                    UpstreamEndings.error(connection, refused: refused, "the agent has ended"),
                    try await upstreams.endings.note(session, endedBy: connection, refused: refused)
                )
            case .used(let session):
                return try await self.answer(session, requested, resource, boundTo: request.key, now: now)
            }
        }
        return try answer.body(audit, request.context)
    }

    /// The use of a token, and the connections for which it is refused.
    ///
    /// Only a use finds the agent's session and thus its connections. If one of them is refused, a second use under
    /// that condition ends the session, in one turn of the store.
    private func use(
        _ token: AgentToken,
        now: Timestamp
    ) async throws(OAuthError) -> (Receipt<AgentUse>, refused: Set<ConnectionID>) {
        var conditions = upstreams.refreshConditions
        let receipt = try await OAuthError.attempt(await sessions.useAgent(token.hash, under: conditions, now: now))
        guard upstreams.admission.requiresClaims,
            case .used(let session) = try await OAuthError.attempt(await receipt.outcome)
        else { return (receipt, []) }
        let refused = try await upstreams.admission.refusedConnections(of: session, now: now)
        guard !refused.isEmpty else { return (receipt, []) }
        conditions.refusedConnections = refused
        return (try await OAuthError.attempt(await sessions.useAgent(token.hash, under: conditions, now: now)), refused)
    }

    private static let unknown = OAuthError.guess(.invalidGrant, "the agent token is invalid, expired or ended")

    private func answer(
        _ session: Session,
        _ requested: ScopeSet?,
        _ resource: String?,
        boundTo key: KeyThumbprint?,
        now: Timestamp
    ) async throws(OAuthError) -> GrantAnswer {
        if let blocks, try await OAuthError.attempt(await blocks.isBlocked(.user(session.userID))) {
            return .refused(OAuthError(.invalidGrant, "this account is blocked here"))
        }
        guard let registered = resources.registered(session.resource) else {
            return .refused(OAuthError(.invalidTarget, "the resource is not registered now"))
        }
        guard resource.map({ $0.hasSameBytes(as: session.resource) }) ?? true else {
            return .refused(OAuthError(.invalidTarget, "the agent token is for another resource"))
        }
        let verdict = try await verdict(on: session, registered, now: now)
        if let rule = verdict.refusal { return try await withdraw(session, rule) }
        // A scope that the operator has removed from the resource, or that the user no longer gets, is not issued,
        // however old the agent is.
        let allowed = session.scopes.filter { registered.scopes.contains($0) && !verdict.withheld.contains($0) }
        let scopes = requested ?? allowed
        guard !scopes.isEmpty, scopes.isSubset(of: allowed) else {
            return .refused(OAuthError(.invalidScope, "scope exceeds what the agent may have"))
        }
        let issued = try await SigningTurn.run { () throws(OAuthError) in
            try accessTokens.issue(for: session, scopes: scopes, lifetimeMax: lifetimeMax, boundTo: key, now: now)
        }
        var response = TokenResponse(accessToken: issued.token, lifetime: issued.lifetime, scopes: scopes)
        response.isBound = key != nil
        return .issued(response.body, .issued(session, grantType: Self.declaration.type))
    }

    /// What the rules say of the login that the agent ends with, or of the user of one that was made on the page;
    /// without rules nothing is looked up.
    private func verdict(
        on session: Session,
        _ resource: ProtectedResource,
        now: Timestamp
    ) async throws(OAuthError) -> AccountAdmission.Verdict {
        let admission = upstreams.admission
        guard !admission.rules.isEmpty else { return AccountAdmission.Verdict() }
        guard let parent = session.agent?.parent else {
            return try await admission.verdict(
                onUser: session.userID,
                resource: resource,
                clientID: session.clientID,
                .refresh
            )
        }
        guard let login = try await OAuthError.attempt(await sessions.session(parent, now: now)) else {
            return AccountAdmission.Verdict()
        }
        return try await admission.verdict(on: login)
    }

    private func withdraw(_ session: Session, _ rule: String) async throws(OAuthError) -> GrantAnswer {
        _ = try await OAuthError.attempt(await sessions.revoke(session.id).outcome)
        return .refused(
            OAuthError(
                .invalidGrant,
                "the user is no longer allowed to have this access",
                details: ["reason": "access_withdrawn"]
            ),
            .accessWithdrawn(session, by: rule)
        )
    }
}
