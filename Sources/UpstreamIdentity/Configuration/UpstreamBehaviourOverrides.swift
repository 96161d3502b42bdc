/// What the operator says of a provider's behaviour in place of its preset; `nil` leaves what the preset says.
package struct UpstreamBehaviourOverrides: Hashable, Sendable {
    /// What scopes in answers mean.
    package var scopeSemantics: ScopeSemantics?
    /// What separates scopes in requests.
    package var scopeSeparator: ScopeSeparator?
    /// The parameter that carries the scopes.
    package var scopeParameter: String?
    /// Scopes in further parameters.
    package var additionalScopes: [UpstreamScopeParameter]?
    /// Scopes that answers never name, although they were granted.
    package var unreportedScopes: [String]?
    /// Whether a refresh names the scopes.
    package var sendsScopesOnRefresh: Bool?
    /// How requests with tokens are written.
    package var tokenRequestFormat: TokenRequestFormat?
    /// How id and secret are written for HTTP Basic.
    package var basicEncoding: BasicEncoding?
    /// Whether PKCE is used.
    package var proofKey: ProofKeyUse?
    /// Whether a nonce is used.
    package var nonce: NonceUse?
    /// Further values of `token_type` that mean a bearer token.
    package var tokenTypes: [String]?
    /// The paths in a token answer.
    package var tokenResponse: TokenResponseOverrides?
    /// Fields beside the token.
    package var extras: [String]?
    /// Whether the provider tells who the user is.
    package var identity: IdentityUse?
    /// Where the token answer tells who the user is.
    package var identityFromToken: IdentityPaths?
    /// The `iss` of assertions that our key signs.
    package var assertionIssuer: String?

    /// Overrides nothing.
    package init() {}

    /// A preset's behaviour, with these values in its place.
    func applied(to preset: UpstreamBehaviour) -> UpstreamBehaviour {
        var behaviour = preset
        behaviour.scopeSemantics = scopeSemantics ?? preset.scopeSemantics
        if let scopeSeparator {
            behaviour.scopeSeparator = scopeSeparator.rawValue
            behaviour.grantedScopeSeparator = scopeSeparator.rawValue
        }
        behaviour.scopeParameter = scopeParameter ?? preset.scopeParameter
        behaviour.additionalScopes = additionalScopes ?? preset.additionalScopes
        behaviour.scopeDialect.unreported.formUnion(unreportedScopes ?? [])
        behaviour.sendsScopesOnRefresh = sendsScopesOnRefresh ?? preset.sendsScopesOnRefresh
        behaviour.tokenRequestFormat = tokenRequestFormat ?? preset.tokenRequestFormat
        behaviour.basicEncoding = basicEncoding ?? preset.basicEncoding
        behaviour.proofKey = proofKey ?? preset.proofKey
        behaviour.nonce = nonce ?? preset.nonce
        behaviour.bearerTokenTypes.formUnion((tokenTypes ?? []).map { $0.lowercased() })
        behaviour.extras = extras ?? preset.extras
        behaviour.assertionIssuer = assertionIssuer ?? preset.assertionIssuer
        guard let tokenResponse else { return behaviour }
        behaviour.tokenLayout = tokenResponse.applied(to: preset.tokenLayout)
        behaviour.refreshLayout = tokenResponse.applied(to: preset.refreshLayout)
        behaviour.otherTokenLayout = nil
        return behaviour
    }
}
