import OAuthProtocol

/// RFC 6749 §4.4: tokens for a client that acts on its own behalf, without a user (CC-1).
///
/// For pre-registered confidential clients only. The token's `sub` is the client's id, which no user can have (D-46).
/// There is no session, hence no `tsid` and nothing to retrieve from the vault, and no refresh token, because the
/// client can ask again.
struct ClientCredentialsGrant: Grant {
    static let declaration = GrantDeclaration(
        type: .clientCredentials,
        name: "client_credentials",
        summary: "Issues a token to a client that acts on its own behalf (RFC 6749 §4.4).",
        parameters: ["scope", "resource"],
        client: .confidential
    )

    private let resources: ResourceCatalogue
    private let scopePolicy: ScopePolicy
    private let accessTokens: AccessTokenIssuer
    private let audit: AuditTrail

    init(_ ground: GrantGround) {
        resources = ground.resources
        scopePolicy = ground.scopePolicy
        accessTokens = ground.responses.accessTokens
        audit = ground.audit
    }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let client = try request.client
        // D-46, RFC 9068 §5: a resource server must not mistake the client for a user.
        guard UserID(client.id) == nil else {
            throw OAuthError(.unauthorizedClient, "this client_id has the form of a user id")
        }
        let resource = try resources.resource(requested: request.form.values("resource"))
        let scopes = try scopes(request, client, resource)
        let issued = try await SigningTurn.run { () throws(OAuthError) in
            try accessTokens.issue(
                toClient: client.id,
                resource: resource.uri,
                scopes: scopes,
                boundTo: request.key,
                now: request.context.now
            )
        }
        audit.record(
            .issuedToClient(client.id, resource: resource.uri, scopes: scopes, grantType: Self.declaration.type),
            context: request.context
        )
        var response = TokenResponse(accessToken: issued.token, lifetime: issued.lifetime, scopes: scopes)
        response.isBound = request.key != nil
        return response.body
    }

    // `openid`, `profile`, `email` and `offline_access` concern a user or a session, and there is neither.
    private func scopes(
        _ request: TokenRequest,
        _ client: Client,
        _ resource: ProtectedResource
    ) throws(OAuthError) -> ScopeSet {
        let requested = try request.scopes()
        let granted = try scopePolicy.grantable(requested: requested, resource: resource, client: client)
            .filter { !ScopeSet.identityScopes.contains($0) }
        guard !granted.isEmpty || requested?.isEmpty ?? true else {
            throw OAuthError(.invalidScope, "none of the requested scopes can be granted without a user")
        }
        return granted
    }
}
