import OAuthProtocol
import OAuthState
import ServerConfiguration

/// RFC 8693 §1.1 and §4.1: delegation: a client that was called with a user's token gets one for the next resource, in
/// which it is the actor and the user remains the subject.
///
/// The new token never has more scope, and never lives longer, than the one that it is exchanged for, and comes without
/// a refresh token.
struct DelegationGrant: Grant {
    static let declaration = GrantDeclaration(
        type: .tokenExchange,
        name: "delegation",
        summary:
            "Exchanges a caller's access token for one at another resource, with the client as its actor (RFC 8693).",
        parameters: [
            "subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type",
            "resource",
            "audience", "scope",
        ] + SubjectProofs.parameters,
        client: .confidential
    )

    private let resources: ResourceCatalogue
    private let issuer: Issuer
    private let lifetimeMax: Duration
    private let delegates: Delegate.Directory
    private let subjects: DelegationSubjects
    private let accessTokens: AccessTokenIssuer
    private let origins: SessionOrigins
    private let audit: AuditTrail

    static func isOffered(_ configuration: Configuration) -> Bool {
        configuration.resources.contains { !$0.delegationTargets.isEmpty }
            || configuration.clients.contains(where: \.isDelegate)
    }

    init(_ ground: GrantGround) {
        resources = ground.resources
        issuer = ground.configuration.issuer
        lifetimeMax = ground.configuration.tokens.delegationLifetime
        delegates = Delegate.Directory(ground.configuration, resources: ground.resources)
        subjects = DelegationSubjects(
            issuer: ground.configuration.issuer,
            verification: ground.verification,
            proofs: ground.subjectProofs,
            issuers: ground.trustedIssuers,
            blocks: ground.stores.administration?.blocks,
            admission: ground.upstreams.admission
        )
        accessTokens = ground.responses.accessTokens
        origins = ground.origins
        audit = ground.audit
    }

    /// Whether the request names a resource of ours; anything else is an upstream's name.
    func accepts(_ form: FormParameters) -> Bool {
        // Why a value names none does not matter here: the grant for upstream tokens reports it.
        (form.values("resource") + form.values("audience")).contains { (try? resources.resource($0)) != nil }
    }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let client = try request.client
        do throws(OAuthError) {
            return try await answer(request, client)
        } catch {
            audit.record(.delegationRefused(clientID: client.id, error: error), context: request.context)
            throw error
        }
    }

    private func answer(_ request: TokenRequest, _ client: Client) async throws(OAuthError) -> [UInt8] {
        let (form, context) = (request.form, request.context)
        let delegate = try delegates.delegate(client)
        let target = try target(form)
        let subject = try await subjects.subject(form, delegate, requestKey: request.key, context)
        try await subjects.checkActor(form, client, requestKey: request.key, context)
        // Members of a fleet are named by its pattern; a resource with an entry of its own is no member.
        guard delegate.targets(from: subject.audience).contains(target.configuredURI) else {
            throw OAuthError(.invalidTarget, "this client must not get tokens for that resource")
        }
        let withheld = try await subjects.withheld(from: subject, at: target, client)
        let scopes = try scopes(try request.scopes(), subject, target, client, withheld: withheld)
        let actors = try subject.actors.adding(ActorChain.Party(issuer: issuer.text, subject: client.id))
        let handle = handle(subject.session, at: target)
        // A further delegation passes the claim on with the mapped ones.
        var claims = subject.mappedClaims
        if let session = subject.session {
            claims[SessionOrigins.claimName] = handle == nil ? try origins.claim(of: session.id) : nil
        }
        var content = AccessTokenContent(
            subject: subject.subject,
            clientID: client.id,
            audience: target.uri,
            scopes: scopes,
            sessionID: handle,
            actor: actors.json,
            authenticatedAt: subject.authenticatedAt,
            mappedClaims: claims
        )
        content.boundKey = request.key
        let lifetime = min(subject.expiry - context.now, lifetimeMax)
        let issued = try await SigningTurn.run { [content] () throws(OAuthError) in
            try accessTokens.issue(content, lifetime: lifetime, now: context.now)
        }
        audit.record(.delegated(content, actors: actors, tokenID: issued.tokenID), context: context)
        var response = TokenResponse(accessToken: issued.token, lifetime: issued.lifetime, scopes: scopes)
        response.isBound = request.key != nil
        response.issuedTokenType = TokenTypeIdentifier.accessToken
        return response.body
    }

    // RFC 8693 §2.1: `resource` and `audience` both name the target; a token is for one resource (RI-2).
    private func target(_ form: FormParameters) throws(OAuthError) -> ProtectedResource {
        if let requested = try form.once("requested_token_type") {
            guard requested == TokenTypeIdentifier.accessToken else {
                throw OAuthError(.invalidRequest, "requested_token_type is not supported for this target")
            }
        }
        return try resources.resource(requested: form.values("resource") + form.values("audience"))
    }

    // TX-2: never more than the subject token has, the resource knows, and the client and the user may have. Here a
    // scope too many is refused and not dropped, because a service must not go on with less than it believes to have.
    private func scopes(
        _ requested: ScopeSet?,
        _ subject: DelegationSubject,
        _ target: ProtectedResource,
        _ client: Client,
        withheld: ScopeSet
    ) throws(OAuthError) -> ScopeSet {
        let grantable = subject.scopes.filter { scope in
            target.scopes.contains(scope) && !ScopeSet.identityScopes.contains(scope) && !withheld.contains(scope)
                && client.scopes?.contains(scope) ?? true
        }
        guard let requested else { return grantable }
        guard requested.tokens.allSatisfy(grantable.contains) else {
            throw OAuthError(.invalidScope, "scope exceeds what subject_token and the resource allow")
        }
        return requested
    }

    // Some servers drop the session handle from every delegated token, so that the second service can never call an
    // upstream API for the user. Here it stays if the target's own entry allows an upstream that this session has: the
    // target must still authenticate as that resource to retrieve anything (VT-1). A target without such an upstream
    // has no use for the handle and does not get it.
    private func handle(_ session: Session?, at target: ProtectedResource) -> SessionID? {
        guard let session, let origin = resources.registered(session.resource) else { return nil }
        return target.upstreams.contains(where: origin.upstreams.contains) ? session.id : nil
    }
}
