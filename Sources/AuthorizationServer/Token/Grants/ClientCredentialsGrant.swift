package import OAuthProtocol

/// RFC 6749 §4.4: tokens for a client that acts on its own behalf, without a user (CC-1).
///
/// For pre-registered confidential clients only. The token's `sub` is the client's id, which no user can have (D-46).
/// There is no session, hence no `tsid` and nothing to retrieve from the vault, and no refresh token, because the
/// client can ask again.
package struct ClientCredentialsGrant: Grant {
    package let grantType = GrantType.clientCredentials
    private let resources: ResourceCatalogue
    private let scopePolicy: ScopePolicy
    private let accessTokens: AccessTokenIssuer
    private let audit: AuditTrail

    /// The grant for the catalogue's resources.
    package init(
        resources: ResourceCatalogue,
        scopePolicy: ScopePolicy,
        accessTokens: AccessTokenIssuer,
        audit: AuditTrail
    ) {
        self.resources = resources
        self.scopePolicy = scopePolicy
        self.accessTokens = accessTokens
        self.audit = audit
    }

    package func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let client = request.client
        // RFC 6749 §4.4: confidential clients only; no operator vouches for one that registered itself.
        guard client.kind == .preRegistered, !client.isPublic else {
            throw OAuthError(.unauthorizedClient, "client_credentials is for pre-registered confidential clients")
        }
        // D-46, RFC 9068 §5: a resource server must not mistake the client for a user.
        guard UserID(client.id) == nil else {
            throw OAuthError(.unauthorizedClient, "this client_id has the form of a user id")
        }
        let resource = try resources.resource(requested: request.form.values("resource"))
        let scopes = try scopes(request, resource)
        let issued = try await SigningTurn.run { () throws(OAuthError) in
            try accessTokens.issue(
                toClient: client.id,
                resource: resource.uri,
                scopes: scopes,
                now: request.context.now
            )
        }
        audit.record(
            .issuedToClient(client.id, resource: resource.uri, scopes: scopes),
            context: request.context
        )
        return TokenResponse(accessToken: issued.token, lifetime: issued.lifetime, scopes: scopes).body
    }

    // `openid`, `profile`, `email` and `offline_access` concern a user or a session, and there is neither.
    private func scopes(_ request: TokenRequest, _ resource: ProtectedResource) throws(OAuthError) -> ScopeSet {
        let requested = try request.scopes()
        let granted = try scopePolicy.grantable(requested: requested, resource: resource, client: request.client)
            .filter { !ScopeSet.identityScopes.contains($0) }
        guard !granted.isEmpty || requested?.isEmpty ?? true else {
            throw OAuthError(.invalidScope, "none of the requested scopes can be granted without a user")
        }
        return granted
    }
}
