/// RFC 6749 §3.3: which of the requested scopes are granted for a resource (FD-2, RI-4).
package struct ScopePolicy: Sendable {
    /// The scopes that the server supports.
    package let supported: ScopeSet

    /// A policy for the configured scopes.
    package init(supported: ScopeSet) {
        self.supported = supported
    }

    /// Narrows a request to the scopes that can be granted; unknown ones are dropped, because real clients ask for more
    /// than exists.
    ///
    /// - Parameters:
    ///   - requested: The request's scopes, or `nil` when it had none: the default is the resource's scopes.
    ///   - resource: The resource of the token.
    ///   - client: The client; a pre-registered one may be limited to a list.
    /// - Returns: The granted scopes, in the order of the request.
    /// - Throws: `invalid_scope` when scopes were requested and none of them can be granted.
    package func grantable(
        requested: ScopeSet?,
        resource: ProtectedResource,
        client: Client
    ) throws(OAuthError) -> ScopeSet {
        let allowed = { (scope: String) in
            let known =
                ScopeSet.identityScopes.contains(scope)
                ? supported.contains(scope) : resource.scopes.contains(scope)
            // `offline_access` concerns the session, not authority: a client's list does not withhold it.
            return known && (client.scopes.map { $0.contains(scope) || scope == ScopeSet.offlineAccess } ?? true)
        }
        guard let requested, !requested.isEmpty else {
            // TK-10, OP-1: a refresh token and the user's identity are given only on request, never by default.
            return resource.scopes.filter { allowed($0) && !ScopeSet.identityScopes.contains($0) }
        }
        let granted = requested.filter(allowed)
        guard !granted.isEmpty else { throw OAuthError(.invalidScope, "none of the requested scopes can be granted") }
        return granted
    }
}
