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
        let allowed = { (scope: String) in isAllowed(scope, resource: resource, client: client) }
        guard let requested, !requested.isEmpty else {
            // TK-10, OP-1: a refresh token and the user's identity are given only on request, never by default.
            return resource.scopes.filter { allowed($0) && !ScopeSet.identityScopes.contains($0) }
        }
        let granted = requested.filter(allowed)
        guard !granted.isEmpty else { throw Self.nothingGrantable(requested) }
        return granted
    }

    /// Narrows an authorization request, as ``grantable(requested:resource:client:)`` does.
    ///
    /// A self-registered client that asks only for scopes that are unknown here gets the resource's own (FD-2, C-3):
    /// it took them from another server or from its own defaults, and the consent page shows what is granted. A
    /// pre-registered client gets the error, because its operator can correct the request.
    ///
    /// - Throws: `invalid_scope`, naming the first scope, when nothing can be granted.
    package func authorizable(
        requested: ScopeSet?,
        resource: ProtectedResource,
        client: Client
    ) throws(OAuthError) -> ScopeSet {
        do {
            return try grantable(requested: requested, resource: resource, client: client)
        } catch {
            guard client.kind != .preRegistered else { throw error }
            let defaults = try grantable(requested: nil, resource: resource, client: client)
            guard !defaults.isEmpty else { throw error }
            return defaults
        }
    }

    /// Narrows what a session was granted to what the configuration still allows.
    ///
    /// - Throws: `invalid_scope` when nothing of it is left: the user must be asked again.
    package func remaining(
        of granted: ScopeSet,
        resource: ProtectedResource,
        client: Client
    ) throws(OAuthError) -> ScopeSet {
        guard !granted.tokens.allSatisfy({ isAllowed($0, resource: resource, client: client) }) else { return granted }
        let remaining = granted.filter { isAllowed($0, resource: resource, client: client) }
        guard !remaining.isEmpty else {
            throw OAuthError(
                .invalidScope,
                "none of the granted scopes exist any longer; the user must authorize again"
            )
        }
        return remaining
    }

    private func isAllowed(_ scope: String, resource: ProtectedResource, client: Client) -> Bool {
        let isKnown =
            ScopeSet.identityScopes.contains(scope) ? supported.contains(scope) : resource.scopes.contains(scope)
        // `offline_access` concerns the session, not authority: a client's list does not withhold it.
        return isKnown && (client.scopes.map { $0.contains(scope) || scope == ScopeSet.offlineAccess } ?? true)
    }

    private static func nothingGrantable(_ requested: ScopeSet) -> OAuthError {
        let first = requested.tokens.first.map { String($0.prefix(40)) } ?? ""
        let others = requested.tokens.count > 1 ? " or the others" : ""
        return OAuthError(.invalidScope, "none of the requested scopes can be granted: there is no \(first)\(others)")
    }
}
